"""A PgBouncer of a test's own, in transaction mode."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.database.url import to_conninfo
from ledger.embedded.account import choose_account
from tests.free_port import free_port

_SETTINGS = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
pool_mode = transaction
default_pool_size = {size}
auth_type = trust
auth_file = {users}
"""


def find_pgbouncer() -> str | None:
    """The program, if it is installed."""
    usual = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
    return shutil.which("pgbouncer", path=usual) or shutil.which("pgbouncer")


class PgBouncer:
    """A pooler with `size` connections to the server of a database; `url` leads through it, also after a restart."""

    def __init__(self, program: str, directory: Path, database_url: str, size: int) -> None:
        self._account = choose_account(None)  # like PostgreSQL it does not run as root
        self._file = directory / "pgbouncer.ini"
        self._program = program
        parts = conninfo_to_dict(to_conninfo(database_url))
        listen = free_port()
        users = directory / "users.txt"
        users.write_text(f'"{parts["user"]}" "{parts.get("password", "")}"\n')
        self._file.write_text(
            _SETTINGS.format(
                host=parts.get("host", "localhost"), port=parts.get("port", 5432), listen=listen, users=users, size=size
            )
        )
        for path in (directory, users, self._file):
            self._account.give(path)
        self.url = make_conninfo("", **{**parts, "host": "127.0.0.1", "port": listen, "sslmode": "disable"})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; returns when it answers."""
        self._process = subprocess.Popen(
            [self._program, "--quiet", str(self._file)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/", **self._account.popen_options(),
        )  # fmt: skip
        _wait(self.url, self._process)

    def kill(self) -> None:
        """Ends it at once, and all connections through it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def pgbouncer(program: str, directory: Path, database_url: str, size: int) -> Iterator[PgBouncer]:
    """Such a pooler for a `with` block."""
    pooler = PgBouncer(program, directory, database_url, size)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.kill()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, "PgBouncer ended"
            assert time.monotonic() < until, "PgBouncer does not answer"
            time.sleep(0.05)
