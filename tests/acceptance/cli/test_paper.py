"""`fifoledger paper`: the local Bybit in a process of its own, reached through unmodified pybit."""

import json
import signal
import subprocess
import sys

from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

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
