"""Imports in processes of their own, which kill themselves at a given exchange with the server.

The processes are forked from one that has loaded everything but used nothing yet.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from reconcile.history import booking, tasks
from tests.importing import bring_in
from tests.past import long_past, past

DEATHS = int(os.environ.get("HISTORY_DEATHS", "4"))  # how many are tried; 1000: at every exchange with the server


@dataclass(frozen=True)
class Attempt:
    """An import of the past of `name`. It dies at its `dies_at`-th exchange, `after` the server's answer or before.

    `is_long`: the past is that of one long book.
    """

    name: str
    seed: int
    database_url: str
    redis_url: str | None = None
    dies_at: int | None = None
    after: bool = False
    jobs: int = 1
    is_long: bool = False

    def again(self) -> "Attempt":
        """The same without dying."""
        return replace(self, dies_at=None)


@dataclass(frozen=True)
class Ending:
    """How it ended; the counts only if it was not killed."""

    was_killed: bool
    read: int = 0
    booked: int = 0
    rejected: int = 0
    exchanges: int = 0


def run_imports(rounds: Sequence[Sequence[Attempt]]) -> list[list[Ending]]:
    """Carries out rounds of imports; those of one round at once."""
    ours, theirs = multiprocessing.Pipe()
    driver = multiprocessing.get_context("spawn").Process(target=_drive, args=(theirs, rounds))
    driver.start()
    theirs.close()
    try:
        endings: list[list[Ending]] = ours.recv()
    except EOFError:
        raise AssertionError("an import failed") from None
    finally:
        ours.close()
        driver.join()
    return endings


def _drive(told: Connection, rounds: Sequence[Sequence[Attempt]]) -> None:
    told.send([[_ending(*one) for one in [_started(attempt) for attempt in at_once]] for at_once in rounds])


def _started(attempt: Attempt) -> tuple[int, Connection]:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    try:
        theirs.send(_import(attempt))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(0)


def _ending(pid: int, told: Connection) -> Ending:
    try:
        ending: Ending | None = told.recv()
    except EOFError:
        ending = None
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return Ending(was_killed=True)
    assert ending is not None, "it failed, as it says above"
    return ending


def _import(attempt: Attempt) -> Ending:
    tasks.FILLS_AT_ONCE = 12
    booking._BLOCK = 7
    exchanges = count(1)
    wait = psycopg.Connection.wait

    def counted(self: Any, *args: Any, **more: Any) -> Any:
        number = next(exchanges)  # this one's own: several threads have some
        if number == attempt.dies_at and not attempt.after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = wait(self, *args, **more)
        if number == attempt.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    psycopg.Connection.wait = counted  # type: ignore[method-assign]
    rows = (long_past if attempt.is_long else past)(attempt.name, attempt.seed)
    report = bring_in(rows, attempt.name, attempt.database_url, attempt.redis_url, jobs=attempt.jobs)
    return Ending(False, report.read, report.booked, report.rejected, next(exchanges) - 1)
