"""The power fails: what the disk did not have then is gone, for PostgreSQL and for the file system below it."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import psycopg

from ledger.database.url import to_conninfo
from tests.faults.crowd.crowd import registered, work_through
from tests.faults.scenario import Run
from tests.faults.servers.disk import Disk, power_cut_disk
from tests.simulation.servers import CrashingServers, crashing_servers
from tests.statements import statement

# Much of the log is written, synced and used again, as it is in the long run.
_SETTINGS = {"fsync": "on", "checkpoint_timeout": "30s", "min_wal_size": "32MB", "max_wal_size": "48MB"}
# The machine is away for more of the time than any real one: callers wait longer, and it stays for a moment.
_PATIENT = {"LEDGER_RETRY_TIMEOUT": "90"}
_POWER = 1.5
_PATIENCE = 20.0
_STILL = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_DISK_SLEEP, psutil.STATUS_ZOMBIE})


def power_cut(run: Run) -> None:
    """The crowd goes on when the machine is back; what it was told is there."""
    with power_cut_disk() as disk, crashing_servers(disk.place, _SETTINGS) as servers:
        url = registered(servers.new_database())
        disk.write_all()  # the machine was not set up a moment ago
        faults = {
            "power cuts": lambda _: cut(disk, servers),
            "power cuts in a checkpoint": lambda _: _cut_in_checkpoint(disk, servers, url, run.random.uniform(0, 0.1)),
        }
        work_through(run, (url, run.servers.redis_url), faults, environment=_PATIENT)


def cut(disk: Disk, servers: CrashingServers) -> None:
    """Cuts the power of the machine, disk and servers, and starts it again."""
    family = _stopped(servers)
    disk.cut_power()
    for process in family:
        process.kill()
    servers.stop_redis()
    psutil.wait_procs(family, _PATIENCE)
    disk.unmount()
    disk.mount()
    servers.start()
    time.sleep(_POWER)


def _cut_in_checkpoint(disk: Disk, servers: CrashingServers, database_url: str, after: float) -> None:
    with ThreadPoolExecutor(1) as aside:
        asked = aside.submit(checkpoint, database_url)
        time.sleep(after)
        cut(disk, servers)
        with suppress(psycopg.OperationalError):
            asked.result()


def _stopped(servers: CrashingServers) -> list[psutil.Process]:
    """PostgreSQL's processes, none of which does anything more, lest it tells somebody what is not on the disk.

    One that waits for the disk does not return from there.
    """
    main = psutil.Process(servers.pids[0])
    main.suspend()  # it starts no others
    family = [main, *main.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    until = time.monotonic() + _PATIENCE
    while any(map(_runs, family)):
        assert time.monotonic() < until, "the server does not stand still"
        time.sleep(0.001)
    return family


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() not in _STILL
    except psutil.NoSuchProcess:
        return False


def checkpoint(database_url: str) -> None:
    """As the server makes one from time to time."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        connection.execute(statement("benchmark/checkpoint"))
