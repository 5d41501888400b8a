"""PostgreSQL crashes, runs out of connections or of disk, while bots write. Nothing acknowledged is lost by it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.errors import DatabaseUnavailableError
from tests.faults.boundaries.points import crash
from tests.faults.boundaries.subjects import broken
from tests.faults.crowd.crowd import Crowd, registered, work_through
from tests.faults.scenario import NotPossibleHereError, Run
from tests.fills import SYMBOL, fill
from tests.simulation.servers import CrashingServers, crashing_servers
from tests.statements import statement

_DISK = "160m"
_MOST = 1000  # connections
_BATCH = 50


@contextmanager
def ledger(run: Run) -> Iterator[tuple[str, str]]:
    """The URLs of a fresh ledger that knows its bot, and of Redis."""
    url = run.servers.new_database()
    try:
        yield registered(url), run.servers.redis_url
    finally:
        run.servers.start()
        run.servers.drop(url)


def concurrency(run: Run) -> None:
    """Many processes, duplicates and late fills; some are killed, some lose their connections."""
    with ledger(run) as urls:
        faults = {"writers killed": Crowd.kill_writer, "ends of all connections": lambda _: _end_connections(urls[0])}
        work_through(run, urls, faults)


def _end_connections(database_url: str) -> None:
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        connection.execute(statement("server/terminate_all"))


def crashes(run: Run) -> None:
    """Immediate shutdowns, and kill −9 of the server's main process, each followed by recovery."""
    servers = run.servers
    with ledger(run) as urls:
        faults = {"immediate shutdowns": lambda _: crash(servers), "kills of the server": lambda _: _kill(servers)}
        work_through(run, urls, faults)


def _kill(servers: CrashingServers) -> None:
    servers.kill_postgres()
    servers.start()


def connection_limit(run: Run) -> None:
    """Somebody takes all connections that the server has, for a while."""
    with ledger(run) as urls:
        work_through(
            run, urls, {"times that no connection was left": lambda _: _take_all(run, urls[0])}, once=run.quick
        )


def _take_all(run: Run, database_url: str) -> None:
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as administrator, ExitStack() as taken:
        run.expect(_take(taken, run.servers.admin_url) < _MOST, "the server has no limit")
        administrator.execute(statement("server/terminate_all"))  # the crowd must come back
        _take(taken, run.servers.admin_url)
        time.sleep(run.random.uniform(0.2, 1.0))


def _take(taken: ExitStack, database_url: str) -> int:
    """Takes connections until there is none left; how many it took."""
    for count in range(_MOST):
        try:
            taken.enter_context(psycopg.connect(to_conninfo(database_url), autocommit=True))
        except psycopg.OperationalError:
            return count
    return _MOST


def disk_full(run: Run) -> None:
    """A server on a small disk that fills up: what it cannot write it refuses, and what it acknowledged it has."""
    with _small_disk() as disk, crashing_servers(disk) as servers, patch.dict(os.environ, LEDGER_RETRY_TIMEOUT="1"):
        url = registered(servers.new_database())
        ballast, acknowledged = disk / "ballast", 0
        with LedgerClient("bot", account="main", database_url=url) as client:
            for number in range(rounds := 2 if run.quick else 12):
                _fill(ballast, disk, run.random.randint(0, 400_000))
                batches, refused = _write_until_refused(client, f"{number}")
                acknowledged += batches * _BATCH
                run.expect(refused, "the disk was never full")
                run.problems += _read_when_full(client, acknowledged)
                ballast.unlink()
                servers.start()
                client.record_fills(refused)
                acknowledged += len(refused)
                size = client.get_position(SYMBOL).size
                run.expect(size == acknowledged, f"{acknowledged} fills were acknowledged, and the position is {size}")
            run.counts["times that the disk was full"] += rounds
        with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
            booked = connection.execute(statement("faults/journal")).fetchall()
        run.expect(len(booked) == acknowledged, "the journal is not what was acknowledged")
        run.counts["fills booked"] += len(booked)
        run.problems += broken(url)


def _write_until_refused(client: LedgerClient, name: str) -> tuple[int, list[dict[str, Any]]]:
    """How many batches were acknowledged, and the one that was not: perhaps it is booked all the same."""
    for number in range(1000):
        batch = [fill(f"{name}-{number}-{n}", at=number, close_reason="x" * 200) for n in range(_BATCH)]
        try:
            client.record_fills(batch)
        except DatabaseUnavailableError:
            return number, batch
    return 1000, []


def _read_when_full(client: LedgerClient, acknowledged: int) -> list[str]:
    """A read is right, or refused, as when the server has ended for want of room for its log."""
    try:
        size = client.get_position(SYMBOL).size
    except DatabaseUnavailableError:
        return []
    right = size in {acknowledged, acknowledged + _BATCH}
    return [] if right else [f"on a full disk {size} is read, and {acknowledged} were acknowledged"]


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A file system of its own, in memory."""
    place = Path(f"/tmp/fifoledger-disk-{os.getpid()}")
    place.mkdir(mode=0o755)
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=755", "tmpfs", str(place)], check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise NotPossibleHereError(f"a small disk cannot be mounted: {done.stderr.strip()}")
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
    finally:
        place.rmdir()


def _fill(ballast: Path, disk: Path, room: int) -> None:
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free - room))
