"""Processes that write fills at the same time, some of which are killed while they do."""

import multiprocessing
import os
import random
import signal
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from ledger import LedgerClient
from tests.clients import open_client

_SECONDS = 120
# Both kinds of workers share one barrier; spawned processes take over only what was made for them.
_SPAWN = multiprocessing.get_context("spawn")
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Job:
    """What one process writes: pieces of one fill go to `record_fill`, longer ones to `record_fills`.

    A forked process of the blocking kind writes through the client that its parent has used before. With
    `dies_at` the process kills itself without a farewell while it writes that piece or one soon after.
    """

    kind: str
    bot_id: str
    account: str
    database_url: str
    redis_url: str
    pieces: Sequence[Sequence[dict[str, Any]]]
    is_forked: bool = False
    dies_at: int | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of the client."""
        return {"account": self.account, "database_url": self.database_url, "redis_url": self.redis_url}


@dataclass(frozen=True)
class Answer:
    """How many fills a process was told were new, or why it stopped; `exit_code` is the process's."""

    exit_code: int | None
    new: int = 0
    error: str | None = None

    @property
    def was_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


def write_at_once(jobs: Sequence[Job]) -> list[Answer]:
    """Runs every job in a process of its own, all starting at one moment."""
    barrier = _SPAWN.Barrier(len(jobs))
    running = []
    with LedgerClient(jobs[0].bot_id, **jobs[0].options) as inherited:
        inherited.register()
        for job in jobs:
            ours, theirs = multiprocessing.Pipe(duplex=False)
            if job.is_forked:
                passed_on = inherited if job.kind == "blocking" and job.bot_id == inherited.bot_id else None
                process: Any = _FORK.Process(target=_write, args=(job, barrier, theirs, passed_on))
            else:
                process = _SPAWN.Process(target=_write, args=(job, barrier, theirs, None))
            with warnings.catch_warnings():
                # Python warns of forking with threads about; this is what is tested.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            running.append((process, ours))
        return [_answer(process, ours) for process, ours in running]


def _answer(process: Any, ours: Connection) -> Answer:
    new, error = 0, None
    try:
        if ours.poll(_SECONDS):
            new, error = ours.recv()
    except EOFError:
        pass
    ours.close()
    process.join(_SECONDS)
    answer = Answer(process.exitcode, new, error)
    if process.exitcode is None:
        process.kill()
        process.join()
    process.close()
    return answer


def _write(job: Job, barrier: Barrier, told: Connection, inherited: LedgerClient | None) -> None:
    try:
        if inherited is not None:
            new = _pieces(job, barrier, inherited)
        else:
            with open_client(job.kind, job.bot_id, **job.options) as client:
                client.register()
                new = _pieces(job, barrier, client)
    except Exception as error:  # whatever it is, the test shall say it
        told.send((0, repr(error)))
        raise
    told.send((new, None))


def _pieces(job: Job, barrier: Barrier, client: LedgerClient) -> int:
    new = 0
    death = threading.Timer(random.uniform(0, 0.02), os.kill, (os.getpid(), signal.SIGKILL))
    barrier.wait(_SECONDS)
    for number, piece in enumerate(job.pieces):
        if number == job.dies_at:
            death.start()
        results = [client.record_fill(**piece[0])] if len(piece) == 1 else client.record_fills(piece)
        new += sum(not result.duplicate for result in results)
    if job.dies_at is not None:
        death.join()
    return new
