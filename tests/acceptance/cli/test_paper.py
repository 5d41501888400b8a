"""`fifoledger paper`: the local Bybit in a process of its own, reached through unmodified pybit."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger.errors import ConfigurationError
from reconcile.bybit import BybitSettings
from reconcile.cli.paper_settings import write_settings
from reconcile.paper import new_venue
from tests.free_port import free_port


def test_pybit_trades_on_it_until_it_is_interrupted() -> None:
    port = free_port()
    command = [sys.executable, "-W", "error", "-c", "from ledger.cli import main; main()"]
    options = ["paper", "--port", str(port), "--start", "2026-01-02T03:04:05", "--json"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            shown = json.loads("".join(process.stdout.readline() for _ in range(4)))
            session = HTTP()
            session.endpoint = shown["url"]
            session.force_retry = True  # until it listens
            answer = session.get_server_time()
            assert answer["result"]["timeSecond"] == "1767323045"
            assert shown["stream_url"] == f"ws://127.0.0.1:{port}/v5/private"
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""


def test_a_port_that_is_taken_is_said_and_no_file_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-W", "error", "-c", "from ledger.cli import main; main()", "paper"]
        options = ["--port", str(taken.getsockname()[1]), "--settings", str(tmp_path / "paper.env")]
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "cannot listen on 127.0.0.1 port" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "paper.env").exists()


WHERE = {"url": "http://127.0.0.1:8800", "stream_url": "ws://127.0.0.1:8800/v5/private"}


def test_the_settings_file_leads_to_an_account(tmp_path: Path) -> None:
    file, venue = tmp_path / "paper.env", new_venue()
    for uid in (1001, 1002):  # written again by the next one
        write_settings(file, venue, **WHERE)
        settings = BybitSettings(_env_file=file)  # type: ignore[call-arg]  # an argument of BaseSettings
        account, key = venue.accounts.by_key[settings.api_key.get_secret_value()]
        assert (account.uid, key.secret) == (uid, settings.api_secret.get_secret_value())
        assert (settings.environment, str(settings.endpoint)) == ("paper", f"{WHERE['url']}/")
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_accounts_of_each_one_started_have_numbers_of_their_own(tmp_path: Path) -> None:
    # A ledger keeps the number, so that it is never fed by the next local Bybit.
    file, began = tmp_path / "paper.env", int(time.time())
    command = [sys.executable, "-W", "error", "-c", "from ledger.cli import main; main()", "paper"]
    options = ["--port", str(free_port()), "--settings", str(file)]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            found = dict(line.split("=") for line in file.read_text(encoding="utf-8").splitlines()[1:])
            assert began <= int(found["PAPER_UID"]) <= int(time.time())
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


def test_a_settings_file_of_a_real_account_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BYBIT_API_KEY=real\n", encoding="utf-8")
    venue = new_venue()
    with pytest.raises(ConfigurationError, match="there already"):
        write_settings(file, venue, **WHERE)
    assert file.read_text(encoding="utf-8") == "BYBIT_API_KEY=real\n"
    assert not venue.accounts.by_uid
