"""Many processes at the same books, while faults come one after the other."""

import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from ledger import LedgerClient
from tests.faults.boundaries.subjects import broken
from tests.faults.crowd.judge import judge, verified
from tests.faults.crowd.work import FORKS, PATIENCE, Post, Shift, entries_of, read, write
from tests.faults.scenario import Run


@dataclass
class Crowd:
    """The writers at work; `posts[n]` is what `writers[n]` was told."""

    run: Run
    writers: list[BaseProcess]
    posts: list[Post]
    shift: Shift
    replaced: int = 0

    def kill_writer(self) -> None:
        """Kill −9, and another begins in its place, from the beginning."""
        doomed = self.run.random.randrange(len(self.writers))
        self.writers[doomed].kill()
        self.writers[doomed].join()
        self.replaced += 1
        post = self.posts[doomed]
        diary = post.diary.with_name(f"w{doomed}-{self.replaced}")
        self.writers[doomed] = _begin(write, replace(post, diary=diary), self.shift)


Faults = Mapping[str, Callable[[Crowd], object]]


def work_through(
    run: Run,
    urls: tuple[str, str],
    faults: Faults,
    *,
    journal_url: str | None = None,
    lag: float = 0.0,
    environment: Mapping[str, str] | None = None,
    once: bool = False,
) -> None:
    """Lets a crowd work while faults come, in a drawn order, and judges what it leaves.

    Args:
        run: where counts and problems go.
        urls: of the database and of Redis, as the crowd sees them.
        faults: by the name that they are counted by. With `once` each comes just once.
        journal_url: where the ledger is at the end, if it is not where the crowd sees it.
        lag: seconds by which a read of the cache may be behind.
        environment: settings of the crowd's clients.
    """
    writers, readers, books, seconds, pause = (2, 1, 3, 2.0, 0.01) if run.quick else (6, 2, 12, 60.0, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        posts = [
            Post(run.seed, number, books, urls, Path(folder) / f"{kind}{number}", pause, environment or {})
            for kind, count in (("w", writers), ("r", readers))
            for number in range(count)
        ]
        shift = Shift(seconds)
        crowd = Crowd(run, [_begin(write, post, shift) for post in posts[:writers]], posts[:writers], shift)
        watchers = [_begin(read, post, shift) for post in posts[writers:]]
        until = shift.begin(writers + readers)
        _disturb(crowd, faults, until, once=once)
        for process in (*crowd.writers, *watchers):
            _end(run, process)
        entries = [entry for path in sorted(Path(folder).iterdir()) for entry in entries_of(path)]
    found = journal_url or urls[0]
    judge(run, found, entries, lag)
    run.problems += broken(found) + verified(found)


def registered(database_url: str) -> str:
    """The same database, in which account and bot are known."""
    with closing(LedgerClient("bot", account="main", database_url=database_url)) as client:
        client.register()
    return database_url


def _begin(work: Callable[[Post, Shift], None], post: Post, shift: Shift) -> BaseProcess:
    process = FORKS.Process(target=work, args=(post, shift), daemon=True)
    process.start()
    return process


def _disturb(crowd: Crowd, faults: Faults, until: float, *, once: bool) -> None:
    chosen = crowd.run.random
    left = chosen.sample(sorted(faults), len(faults))
    last = until - 0.4
    longest = (last - time.monotonic()) / (len(faults) + 1)
    while left and time.monotonic() < last:
        time.sleep(max(0.0, min(chosen.uniform(0.3, 1.5), longest, last - time.monotonic())))
        name = left.pop()
        faults[name](crowd)
        crowd.run.counts[name] += 1
        if not left and not once:
            left = chosen.sample(sorted(faults), len(faults))


def _end(run: Run, process: BaseProcess) -> None:
    process.join(PATIENCE)
    if process.exitcode not in {0, -signal.SIGKILL}:
        run.problems.append(f"a process ended with {process.exitcode}")
        process.kill()
        process.join()
