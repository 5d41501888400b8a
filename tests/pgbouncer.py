"""A PgBouncer of a test's own, in transaction mode."""

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


@contextmanager
def pgbouncer(program: str, directory: Path, database_url: str, size: int) -> Iterator[str]:
    """The same database behind a pooler with so many connections to the server."""
    account = choose_account(None)  # like PostgreSQL it does not run as root
    parts = conninfo_to_dict(to_conninfo(database_url))
    listen = free_port()
    users = directory / "users.txt"
    users.write_text(f'"{parts["user"]}" "{parts.get("password", "")}"\n')
    file = directory / "pgbouncer.ini"
    file.write_text(
        _SETTINGS.format(
            host=parts.get("host", "localhost"), port=parts.get("port", 5432), listen=listen, users=users, size=size
        )
    )
    for path in (directory, users, file):
        account.give(path)
    url = make_conninfo("", **{**parts, "host": "127.0.0.1", "port": listen, "sslmode": "disable"})
    with subprocess.Popen(
        [program, "--quiet", str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", **account.popen_options(),
    ) as process:  # fmt: skip
        try:
            _wait(url, process)
            yield url
        finally:
            process.kill()


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
