"""Parts of one book on several connections at once, each completed only behind the one before it.

A part writes its rows while those before it may still be written, and then waits until they are committed. It does so
in the database, where a circle of waiting would be seen: each part holds a lock until its transaction ends.
"""

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore, Event
from types import TracebackType
from typing import Self

from reconcile.history.chunk import Outcome
from reconcile.history.writing import Target

TOGETHER = 2


class Turn:
    """A part's place in the order. `outcome`: what becomes of it."""

    outcome: Future[Outcome]

    def __init__(self, before: "Turn | None") -> None:
        self._before = before
        self._key = secrets.randbits(63)
        self.begun = Event()

    def begin(self, target: Target) -> None:
        """The first thing that its transaction does; one that is repeated comes alone."""
        if self.begun.is_set():
            self.wait_alone()
        target.ask("import_begin_part", key=self._key)
        self.begun.set()

    def wait(self, target: Target) -> None:
        """Waits until the transaction of the part before has ended, however it did."""
        if self._before is not None:
            self._before.begun.wait()
            target.ask("import_await_part", key=self._before._key)

    def wait_alone(self) -> None:
        """Waits until nothing more will be done for the part before. Raises what that failed with."""
        if self._before is not None:
            self._before.outcome.result()


class InTurn:
    """The parts that are under way. A context manager, which waits for them in the end.

    `slots`: how many transactions of an import may be open at once. They are taken in the order of the parts, so that
    none has one that the part before it needs.
    """

    def __init__(self, slots: BoundedSemaphore) -> None:
        self._slots = slots
        self._threads = ThreadPoolExecutor(TOGETHER, thread_name_prefix="fifoledger-import-part")
        self._open: deque[Turn] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._threads.shutdown()

    def begin(self, part: Callable[[Turn], Outcome]) -> None:
        """Begins with a part behind the others."""
        turn = Turn(self._open[-1] if self._open else None)
        self._slots.acquire()
        turn.outcome = self._threads.submit(part, turn)
        turn.outcome.add_done_callback(lambda _: self._ended(turn))
        self._open.append(turn)

    def ended(self, *, but: int) -> Iterator[Outcome]:
        """What became of the parts in their order, of all `but` so many of the last."""
        while len(self._open) > but:
            yield self._open.popleft().outcome.result()

    def _ended(self, turn: Turn) -> None:
        turn.begun.set()  # where it could not even connect
        self._slots.release()
