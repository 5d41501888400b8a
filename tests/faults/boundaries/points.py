"""Everything that writes is killed at each point it comes by, enumerated, in each way, and done again."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any, Literal

import psycopg
import redis

from ledger.database.url import to_conninfo
from tests.faults.boundaries.child import UNAVAILABLE, run
from tests.faults.boundaries.subjects import Subject, broken
from tests.faults.state import State, differences
from tests.faults.wire import StatementProxy
from tests.forks import forks
from tests.locks import blocked_backend
from tests.servers import create_database, name_of
from tests.simulation.servers import CrashingServers
from tests.statements import statement

Way = Literal["client", "backend", "server"]
Moment = Literal["before", "after", "inside"]
WAYS: tuple[Way, ...] = ("client", "backend", "server")
FORKS = forks("tests.faults.boundaries.child")
_PATIENCE = 60.0


@dataclass(frozen=True, order=True)
class Point:
    """Where to kill what.

    The client is killed (kill −9), its backend is terminated, or the server is shut down immediately: before statement
    `number` reaches the server or after it was done and not yet answered, or inside, at the number-th change of a row.
    """

    number: int
    moment: Moment
    way: Way


@dataclass
class Ground:
    """A subject with what it does undisturbed. `changes`: how many rows it changes one after the other."""

    subject: Subject
    servers: CrashingServers
    prepared: str  # URL of the database to copy
    before: State = field(default_factory=dict)
    after: State = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    changes: int = 0

    @property
    def points(self) -> list[Point]:
        """All of them."""
        wire = [(n, moment) for n in range(1, len(self.statements) + 1) for moment in ("before", "after")]
        inner = [(n, "inside") for n in range(1, self.changes + 1)]
        return [Point(n, moment, way) for way in WAYS for n, moment in (*wire, *inner)]  # type: ignore[arg-type]

    def text_at(self, point: Point) -> str:
        """What is killed there, in words."""
        if point.moment == "inside":
            return f"change {point.number} of {self.changes}"
        return f"{point.moment} statement {point.number}: {' '.join(self.statements[point.number - 1].split())[:80]}"

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The URL of a database in which only what was before has happened; and nothing is cached."""
        with redis.Redis.from_url(self.servers.redis_url) as connection:
            connection.flushdb()
        url = create_database(self.servers.admin_url, f"killed_{secrets.token_hex(6)}", name_of(self.prepared))
        try:
            yield url
        finally:
            self.servers.drop(url)


@contextmanager
def open_ground(subject: Subject, servers: CrashingServers) -> Iterator[Ground]:
    """Prepares a subject and lets it do its work once, to learn its statements and changes."""
    url = servers.new_database() if subject.migrated else _empty_database(servers)
    try:
        subject.prepare(url)
        if subject.migrated:
            _execute(url, "faults/count_changes")
        ground = Ground(subject, servers, url)
        with ground.copy() as copied, StatementProxy(copied) as proxy:
            ground.before = subject.state(copied)
            process = _started(ground, proxy.postgres_url(copied))
            _joined(process)
            assert process.exitcode == 0, f"{subject.name} fails without being disturbed"
            ground.statements = list(proxy.statements)
            ground.after = subject.state(copied)
            assert ground.before != ground.after, f"{subject.name} does nothing"
            if subject.migrated:
                ground.changes = _execute(copied, "faults/changes")
        yield ground
    finally:
        servers.drop(url)


def _empty_database(servers: CrashingServers) -> str:
    return create_database(servers.admin_url, f"prepared_{secrets.token_hex(6)}")


def kill_at(ground: Ground, point: Point) -> list[str]:
    """Kills there, looks, does it again; answers what is wrong."""
    subject = ground.subject
    with ground.copy() as url:
        exit_code, came_by = (_inside if point.moment == "inside" else _at_statement)(ground, point, url)
        problems = [] if came_by else ["it was never there"]
        if point.way == "client" and exit_code != -9:
            problems.append(f"it was to be killed and ended with {exit_code}")
        if point.way != "client" and exit_code not in {0, UNAVAILABLE}:
            problems.append(f"what its caller is told is not that the server is gone: it ended with {exit_code}")
        found = subject.state(url)
        if subject.migrated:
            problems += broken(url)
        if exit_code == 0 and found != ground.after:
            problems.append(f"it says that it is done: {differences(ground.after, found)}")
        if subject.together and found not in (ground.before, ground.after):
            problems.append(f"half done: {differences(ground.before, found)}, {differences(ground.after, found)}")
        again = _started(ground, url)
        _joined(again)
        if again.exitcode != 0:
            problems.append(f"done again it ends with {again.exitcode}")
        problems += differences(ground.after, subject.state(url))
        problems += subject.problems(url, ground.servers.redis_url)
        return problems + (broken(url) if subject.migrated else [])


def _at_statement(ground: Ground, point: Point, url: str) -> tuple[int | None, bool]:
    """Kills at a statement; the process's exit code, and whether it came to that statement."""
    with StatementProxy(url) as proxy:
        process = _process(ground, proxy.postgres_url(url))
        ways: dict[Way, Callable[[], Any]] = {
            "client": process.kill,
            "backend": partial(_execute, url, "server/terminate_all"),
            "server": partial(crash, ground.servers),
        }
        proxy.end_at(
            point.number, answered=point.moment == "after", then=ways[point.way], goes_on=point.way != "client"
        )
        process.start()
        _joined(process)
        return process.exitcode, proxy.ended.wait(5)


def _inside(ground: Ground, point: Point, url: str) -> tuple[int | None, bool]:
    """Kills while the server is in the middle of it."""
    _execute(url, "faults/choose_change", at=point.number, waits=point.way != "backend")
    process = _process(ground, url)
    if point.way == "backend":
        process.start()
        _joined(process)
        return process.exitcode, int(_execute(url, "faults/changes")) > point.number
    with (
        psycopg.connect(to_conninfo(url), autocommit=True) as holder,
        psycopg.connect(to_conninfo(url), autocommit=True) as watcher,
    ):
        holder.execute(statement("faults/hold"))
        process.start()
        blocked_backend(watcher, set())
        if point.way == "client":
            process.kill()
            _joined(process)
        else:
            crash(ground.servers)
    if point.way == "client":
        _settled(url)
    _joined(process)
    return process.exitcode, True


def _settled(database_url: str) -> None:
    """Waits until the server has ended what a dead client asked for."""
    until = time.monotonic() + _PATIENCE
    while _execute(database_url, "server/connections"):
        assert time.monotonic() < until, "the server still works for a client that is dead"
        time.sleep(0.01)


def crash(servers: CrashingServers) -> None:
    """Immediate shutdown, and a new start."""
    servers.stop_postgres()
    servers.start()


def _process(ground: Ground, database_url: str) -> BaseProcess:
    return FORKS.Process(target=run, args=(ground.subject.act, database_url, ground.servers.redis_url), daemon=True)


def _started(ground: Ground, database_url: str) -> BaseProcess:
    process = _process(ground, database_url)
    process.start()
    return process


def _joined(process: BaseProcess) -> None:
    process.join(_PATIENCE)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError("it did not end, with or without being killed")


def _execute(database_url: str, name: str, **params: Any) -> Any:
    """The first value that a statement answers, if it does."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        cursor = connection.execute(statement(name), params or None)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]
