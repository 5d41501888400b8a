import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
import requests
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit, paper_bybit
from tests.free_port import free_port
from tests.integration.paper.conftest import Connect
from tests.paper_exchange import START, market, refused, rows, wait_until

SERVER = "import sys; from reconcile.paper import serve; serve('127.0.0.1', int(sys.argv[1]))"


def act(url: str, action: str, **arguments: Any) -> Any:
    answer = requests.post(f"{url}/paper/{action}", json=arguments, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_other_processes_control_the_exchange_over_http(exchange: PaperBybit, session: HTTP) -> None:
    assert act(exchange.url, "now") == START
    assert act(exchange.url, "advance", ms=5) == START + 5
    act(exchange.url, "move_price", symbol="BTCUSDT", price="61000.5")
    order_id = act(exchange.url, "trade_by_hand", uid=1001, symbol="BTCUSDT", side="Sell", qty="0.1")
    (row,) = rows(session.get_executions(category="linear"))
    assert (row["orderId"], row["execPrice"]) == (order_id, "61000.5")
    act(exchange.url, "break_http", fault={"kind": "ret_code", "code": 10016})
    with refused(10016):
        session.get_executions(category="linear")
    state = act(exchange.url, "state", uid=1001)
    assert state["positions"][0]["qty"] == "-0.1"


def test_accounts_made_over_http_can_trade(exchange: PaperBybit, connected: Connect) -> None:
    made = act(exchange.url, "create_account", balances={"USDT": "500"})
    credentials = exchange.control.create_key(made["uid"])
    assert made["api_key"] != credentials.api_key
    market(connected(credentials), "Buy", "0.01")
    assert exchange.control.state(made["uid"])["balances"]["USDT"] == Decimal("499.67")


@pytest.mark.parametrize(
    ("action", "arguments", "status", "text"),
    [
        ("explode", {}, 404, "no such action"),
        ("_close", {}, 404, "no such action"),
        ("advance", {"ms": -1}, 400, "back"),
        ("advance", {}, 400, "ms"),
        ("move_price", {"symbol": "BTCUSDT", "price": "dear"}, 400, "price"),
        ("liquidate", {"uid": 1001, "symbol": "BTCUSDT"}, 400, "no position"),
        ("state", {"uid": 5}, 400, "no account"),
        ("break_http", {"fault": {"kind": "flood"}}, 400, "kind"),
    ],
)
def test_what_cannot_be_done_is_said(
    exchange: PaperBybit, session: HTTP, *, action: str, arguments: dict[str, Any], status: int, text: str
) -> None:
    answer = requests.post(f"{exchange.url}/paper/{action}", json=arguments, timeout=5)
    assert answer.status_code == status
    assert text in answer.json()["error"]


def test_accounts_and_positions_that_are_not_there_are_value_errors(exchange: PaperBybit) -> None:
    exchange.control.create_account(1)
    with pytest.raises(ValueError, match="already"):
        exchange.control.create_account(1)
    with pytest.raises(ValueError, match="no position"):
        exchange.control.deleverage(1, "BTCUSDT")
    with pytest.raises(ValueError, match="USDC"):
        exchange.control.settle_session("BTCUSDT")


async def test_it_runs_beside_asyncio() -> None:
    async with paper_bybit(start=START) as exchange:
        assert exchange.control.now() == START


def test_who_connects_while_it_stops_is_let_go() -> None:
    """Whatever is left open is collected here, and each warning is an error."""
    for _ in range(10):
        with paper_bybit(start=START) as exchange:
            address = "127.0.0.1", int(exchange.url.rpartition(":")[2])
            knocking = [threading.Thread(target=_knock, args=(address,)) for _ in range(4)]
            for one in knocking:
                one.start()
            time.sleep(0.05)
        for one in knocking:
            one.join()
        del exchange
        gc.collect()


def _knock(address: tuple[str, int]) -> None:
    """Connects again and again until nobody listens."""
    with suppress(OSError):
        while True:
            socket.create_connection(address, 1).close()


def test_a_taken_port_is_an_error(exchange: PaperBybit) -> None:
    port = int(exchange.url.rpartition(":")[2])
    with pytest.raises(OSError, match="Address already in use"):
        paper_bybit(port=port).start()


def test_serve_runs_until_it_is_told_to_stop() -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, "-W", "error", "-c", SERVER, str(port)]) as process:
        try:
            wait_until(lambda: _answers(port), seconds=20)
        finally:
            os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/v5/market/time", timeout=1).ok
    except requests.ConnectionError:
        return False
