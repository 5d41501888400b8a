"""A password in an address is told by nothing: no output, no error, no traceback, no list of processes, no file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from ledger import LedgerClient
from ledger.errors import LedgerError
from tests.fills import fill
from tests.logins import NewLogin, as_login, logins
from tests.servers import Servers

# What as_login() puts into every address; and one for Redis, where nobody listens.
PASSWORD = "of-a-test"
CACHE = "of-the-cache-alone"
FIFOLEDGER = (sys.executable, "-W", "error", "-c", "from ledger.cli import main; main()")


@pytest.fixture
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


def test_no_command_tells_a_password(database_url: str, new_login: NewLogin, tmp_path: Path) -> None:
    url = as_login(database_url, new_login("ledger_reader"))
    nowhere = f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/nothing"
    odd = f"postgresql://somebody:a@{PASSWORD}@127.0.0.1:1/nothing"
    nonsense = f"nonsense password={PASSWORD}"
    for address, command in ((url, "positions"), (nowhere, "status"), (odd, "positions"), (nonsense, "settings")):
        done = subprocess.run(
            [*FIFOLEDGER, command],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "LEDGER_DATABASE_URL": address,
                "LEDGER_REDIS_URL": f"redis://:{CACHE}@127.0.0.1:1/0",
                "LEDGER_CONNECT_TIMEOUT": "2",
                "LEDGER_RETRY_TIMEOUT": "0",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert PASSWORD not in said, (command, said)
        assert CACHE not in said, (command, said)
    assert list(tmp_path.iterdir()) == []


def test_neither_errors_nor_lists_of_processes_tell_a_password(
    database_url: str, new_login: NewLogin, caplog: pytest.LogCaptureFixture
) -> None:
    url = as_login(database_url, new_login("ledger_bot"))
    cache = f"redis://:{quote(CACHE)}@127.0.0.1:1/0"
    with LedgerClient("bot", account="main", database_url=url, redis_url=cache) as client:
        client.record_fill(**fill("e1"))
        told = [repr(client.settings), str(client.settings), repr(client.__dict__), caplog.text]
        with pytest.raises(LedgerError) as caught:
            client.record_fill(**fill("e1", price=7))
        told += [repr(caught.value), str(caught.getrepr(showlocals=False))]
        processes = list(_command_lines())
    for secret in (PASSWORD, CACHE):
        assert not [text for text in told if secret in text]
        assert not [line for line in processes if secret.encode() in line]


def _command_lines() -> Iterator[bytes]:
    """Of all processes, those of the servers among them."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            yield path.read_bytes()
