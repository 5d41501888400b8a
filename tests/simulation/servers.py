"""PostgreSQL and Redis of a simulation's own, which it may end at any moment and start again."""

import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from ledger.embedded import lifecycle
from ledger.embedded.model import Profile
from ledger.migrate import upgrade
from tests.servers import create_database, drop_database, name_of

# What was acknowledged must outlive an immediate stop; who cuts the power sets fsync.
_SETTINGS = {"fsync": "off", "log_connections": "on"}


class CrashingServers:
    """Both servers in a directory of their own, with a migrated template to copy databases from."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self._home = home
        self._profile = Profile(durable=True, settings={**_SETTINGS, **settings})
        running = lifecycle.start(home, self._profile)
        self.admin_url, self.redis_url = running.database_url, running.redis_url
        self._template = f"template_{secrets.token_hex(4)}"
        upgrade(create_database(self.admin_url, self._template))

    def new_database(self) -> str:
        """The URL of a fresh migrated database."""
        return create_database(self.admin_url, f"seed_{secrets.token_hex(6)}", self._template)

    def drop(self, database_url: str) -> None:
        """Deletes a database."""
        drop_database(self.admin_url, name_of(database_url))

    def stop_postgres(self) -> None:
        """Immediate stop: no checkpoint, no goodbye."""
        _end(lifecycle.status(self._home).postgres_pid, signal.SIGQUIT)

    def kill_postgres(self) -> None:
        """Kill −9 of the main process; what it leaves behind notices by itself, or is ended at the next start."""
        _end(lifecycle.status(self._home).postgres_pid, signal.SIGKILL)

    def stop_redis(self) -> None:
        """Kill −9; what it held since its last save is lost."""
        _end(lifecycle.status(self._home).redis_pid, signal.SIGKILL)

    @property
    def pids(self) -> tuple[int | None, int | None]:
        """Of PostgreSQL's main process and of Redis; None while it does not run."""
        found = lifecycle.status(self._home)
        return found.postgres_pid, found.redis_pid

    def connections_opened(self) -> int:
        """How many connections PostgreSQL has taken since it was made, crashes or not."""
        with (lifecycle.status(self._home).log_dir / "postgres.log").open("rb") as log:
            return sum(b"connection authorized" in line for line in log)

    def start(self) -> None:
        """Starts what does not run."""
        lifecycle.start(self._home, self._profile)


def _end(pid: int | None, how: signal.Signals) -> None:
    if pid is None:
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        os.kill(pid, how)
        until = time.monotonic() + 20
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < until, f"server {pid} does not end"
            time.sleep(0.005)


@contextmanager
def crashing_servers(place: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[CrashingServers]:
    """Servers for a `with` block, in a directory of their own, deleted at its end; with a place, all of it there."""
    home = Path(tempfile.mkdtemp(prefix="fifoledger-simulation-", dir=place))
    if place is not None:
        home.chmod(0o755)  # the data of servers whose user may not enter it would be elsewhere
    try:
        yield CrashingServers(home, settings or {})
    finally:
        lifecycle.dispose(home)
        shutil.rmtree(home, ignore_errors=True)
