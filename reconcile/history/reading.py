"""A source read, checked and staged: each of the three in a thread of its own, batch behind batch.

What reads is the caller's thread: it may wait for a row without end, and a signal must reach it then.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from reconcile.history.checking import Reading, check
from reconcile.history.rows import Batch, Reject, Source
from reconcile.history.staging import Staging

_AHEAD = 2  # batches that wait to be staged


def stage(source: Source, reading: Reading, staging: Staging, advanced: Callable[[Batch], object]) -> int:
    """Stages all rows of a source, and says how many they are; `advanced` is called behind each batch that was read."""
    pending: deque[Future[int]] = deque()
    read = 0
    with (
        ThreadPoolExecutor(1, thread_name_prefix="fifoledger-checking") as checking,
        ThreadPoolExecutor(1, thread_name_prefix="fifoledger-staging") as taking,
    ):
        for batch in source.batches():
            pending.append(taking.submit(_take_in, staging, checking.submit(check, batch, reading)))
            if len(pending) > _AHEAD:
                read += pending.popleft().result()
            advanced(batch)
    return read + sum(done.result() for done in pending)


def _take_in(staging: Staging, checked: Future[tuple[pa.Table, list[Reject]]]) -> int:
    rows, rejects = checked.result()
    staging.add(rows)
    staging.reject(rejects)
    return len(rows) + len(rejects)
