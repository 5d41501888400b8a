"""The example bots are true: they trade on a local Bybit, are killed, restarted and doubled; before and after."""

import difflib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger import LedgerClient
from reconcile import ReconciliationReport, reconcile_positions_on_startup_sync
from tests.documents import ROOT
from tests.invariants import check_invariants
from tests.programs import Program, Rehearsal, rehearsal

BOTS = ROOT / "docs" / "examples" / "bots"
ACCOUNT = "bybit:rehearsal:paper"
PAIRS = [
    ("scaling_long_before", "scaling_long"),
    ("momentum_before", "momentum"),
    ("short_seller_before", "short_seller"),
]
D = Decimal

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Yard:
    """A local Bybit, a ledger, and the programs of docs/examples/bots."""

    bybit: Rehearsal
    session: HTTP
    directory: Path
    environment: dict[str, str]
    database_url: str
    redis_url: str

    @property
    def uid(self) -> int:
        return int(self.bybit.settings["PAPER_UID"])

    def start(self, name: str) -> Program:
        command = [sys.executable, "-W", "error", str(BOTS / f"{name}.py")]
        return Program(command, self.directory, self.environment)

    def client(self, bot: str) -> LedgerClient:
        return LedgerClient(bot, account=ACCOUNT, database_url=self.database_url, redis_url=self.redis_url)

    def position(self, symbol: str) -> Decimal:
        row = self.session.get_positions(category="linear", symbol=symbol)["result"]["list"][0]
        return D(row["size"]) * (-1 if row["side"] == "Sell" else 1)

    def executions(self, symbol: str) -> list[dict[str, Any]]:
        listed = self.session.get_executions(category="linear", symbol=symbol, limit=100)["result"]["list"]
        return sorted(listed, key=lambda row: int(row["seq"]))

    def traded(self, symbol: str, orders: int) -> None:
        """Waits until the exchange has filled so many orders; it never fills more."""
        end = time.monotonic() + 60
        while (found := len(self.executions(symbol))) != orders:
            assert found < orders, "an order was sent twice"
            assert time.monotonic() < end, f"{found} orders instead of {orders}"
            time.sleep(0.05)

    def reconcile(self, bot: str) -> ReconciliationReport:
        with self.client(bot) as client:
            return reconcile_positions_on_startup_sync(bot, client, self.session)


@pytest.fixture
def yard(tmp_path: Path, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.setenv("BYBIT_CATEGORIES", "linear")
    with rehearsal(tmp_path) as bybit:
        environment = {
            **bybit.settings,
            "LEDGER_DATABASE_URL": database_url,
            "LEDGER_REDIS_URL": redis_url,
        }
        session = HTTP(api_key=bybit.settings["BYBIT_API_KEY"], api_secret=bybit.settings["BYBIT_API_SECRET"])
        session.endpoint = bybit.settings["BYBIT_ENDPOINT"]
        try:
            yield Yard(bybit, session, tmp_path, environment, database_url, redis_url)
        finally:
            session.client.close()


def agrees(yard: Yard, bot: str, connection: psycopg.Connection[Any]) -> ReconciliationReport:
    """Both sides have the same, and the books are in order."""
    report = yard.reconcile(bot)
    assert report.ok, str(report)
    check_invariants(connection)
    return report


def test_the_scaling_bot_goes_on_where_it_was_killed(yard: Yard, connection: psycopg.Connection[Any]) -> None:
    with yard.start("scaling_long") as bot:
        bot.wait_for("Buy 0.01 for scale_in -> Buy 0.01")
        yard.bybit.move_price("BTCUSDT", "58800")
        bot.wait_for("Buy 0.01 for scale_in -> Buy 0.02")
    yard.bybit.control("trade_by_hand", uid=yard.uid, symbol="XRPUSDT", side="Buy", qty="100")
    with yard.start("scaling_long") as bot:
        bot.wait_for("rehearsal: ok")
        bot.wait_for("opened_outside")
        yard.bybit.move_price("BTCUSDT", "61000")
        bot.wait_for("Sell 0.01 for scale_out -> Buy 0.01")  # the rest is of 58,800, which is 2 % below, too
        bot.wait_for("Sell 0.01 for scale_out -> None 0")
        bot.wait_for("Buy 0.01 for scale_in -> Buy 0.01")
    agrees(yard, "scaling_long", connection)
    with yard.client("scaling_long") as ledger:
        found = [(t.entry_price, t.exit_price, t.exit_reason) for t in ledger.get_completed_trades("BTCUSDT")]
    assert found == [(D(60000), D(61000), "scale_out"), (D(58800), D(61000), "scale_out")]


def test_two_copies_send_each_order_once_and_book_it_once(yard: Yard, connection: psycopg.Connection[Any]) -> None:
    with yard.start("scaling_long") as one, yard.start("scaling_long") as other:
        for copy in (one, other):
            copy.wait_for("rehearsal: ok")
        for price, orders in (("60000", 1), ("58800", 2), ("57600", 3), ("61000", 7), ("59700", 8)):
            yard.bybit.move_price("BTCUSDT", price)
            yard.traded("BTCUSDT", orders)
        one.kill()  # the other goes on alone
        yard.bybit.move_price("BTCUSDT", "62000")
        yard.traded("BTCUSDT", 11)
        other.wait_for("Sell 0.01 for scale_out -> None 0")
    executions = yard.executions("BTCUSDT")
    ids = [row["orderLinkId"] for row in executions]
    assert len(ids) == len(set(ids)) == 11
    agrees(yard, "scaling_long", connection)
    with yard.client("scaling_long") as ledger:
        assert ledger.get_position("BTCUSDT").book_seq == len(executions)


def test_what_a_copy_sent_before_it_was_killed_is_booked_by_the_other(
    yard: Yard, connection: psycopg.Connection[Any]
) -> None:
    with yard.start("scaling_long") as bot:
        bot.wait_for("Buy 0.01 for scale_in -> Buy 0.01")
        order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "0.01"}
        yard.session.place_order(**order, orderLinkId="scaling_long-BTCUSDT-000000001")
        yard.bybit.move_price("BTCUSDT", "58700")
        bot.wait_for("sent already: scaling_long-BTCUSDT-000000001")
        bot.wait_for("Buy 0.01 for scale_in -> Buy 0.02")
        bot.wait_for("Buy 0.01 for scale_in -> Buy 0.03")
        yard.traded("BTCUSDT", 3)
    agrees(yard, "scaling_long", connection)


def test_momentum_books_a_stop_at_the_price_that_it_had(yard: Yard, connection: psycopg.Connection[Any]) -> None:
    with yard.start("momentum") as bot:
        bot.wait_for("rehearsal: ok")
        _climb(yard, bot, "Buy 1 for breakout -> Buy 1")
        yard.bybit.move_price("ETHUSDT", "2900")  # far below the stop
        assert "out by stop_loss at 2900" in bot.wait_for("out by")
        _climb(yard, bot, "Buy 1 for breakout -> Buy 1")
    yard.bybit.move_price("ETHUSDT", "3170")  # above the target
    with yard.start("momentum") as bot:
        bot.wait_for("closed_while_down")
    agrees(yard, "momentum", connection)
    with yard.client("momentum") as ledger:
        found = [(t.exit_price, t.exit_reason) for t in ledger.get_completed_trades("ETHUSDT")]
    assert found == [(D(2900), "stop_loss"), (D(3170), "take_profit")]


def test_the_short_seller_knows_its_half_after_a_restart(yard: Yard, connection: psycopg.Connection[Any]) -> None:
    with yard.start("short_seller") as bot:
        bot.wait_for("rehearsal: ok")
        yard.bybit.move_price("SOLUSDT", "155")
        bot.wait_for("Sell 20 for rally -> Sell 20")
        yard.bybit.move_price("SOLUSDT", "151")
        bot.wait_for("Buy 10 for half -> Sell 10")
    with yard.start("short_seller") as bot:
        bot.wait_for("rehearsal: ok")
        yard.bybit.move_price("SOLUSDT", "148")
        bot.wait_for("Buy 10 for half -> None 0")
    agrees(yard, "short_seller", connection)
    with yard.client("short_seller") as ledger:
        assert [t.gross_pnl for t in ledger.get_completed_trades("SOLUSDT")] == [40, 70]


def test_before_a_restart_doubled_the_position(yard: Yard) -> None:
    for _ in range(2):
        with yard.start("scaling_long_before") as bot:
            assert "now 0.01 at" in bot.wait_for("bought")
    assert yard.position("BTCUSDT") == D("0.02")


def test_before_a_stop_was_booked_at_a_price_that_nobody_paid(yard: Yard) -> None:
    with yard.start("momentum_before") as bot:
        _climb(yard, bot, "bought at")
        yard.bybit.move_price("ETHUSDT", "2900")
        said = float(bot.wait_for("out, profit").split()[-1])
    assert -61 < said < -60
    [closed] = yard.session.get_closed_pnl(category="linear")["result"]["list"]
    assert D(closed["closedPnl"]) < D(-100)


def test_before_a_short_was_forgotten_at_a_restart(yard: Yard) -> None:
    for price in ("155", "160"):
        with yard.start("short_seller_before") as bot:
            bot.wait_for("starting at")
            yard.bybit.move_price("SOLUSDT", price)
            bot.wait_for("sold short 20.0")
    assert yard.position("SOLUSDT") == D(-40)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_examples_are_short_and_little_changes(before: str, after: str) -> None:
    old, new = ((BOTS / f"{name}.py").read_text(encoding="utf-8").splitlines() for name in (before, after))
    code = [line for line in new if line.strip()]
    changed = [line for line in difflib.unified_diff(old, new, n=0) if line[:1] == "+" and line[1:2] != "+"]
    assert len(code) <= 45
    assert len(changed) <= 35


def _climb(yard: Yard, bot: Program, bought: str) -> None:
    """Raises the price by little until the bot has seen enough of it to buy."""
    for price in range(3001, 3040):
        yard.bybit.move_price("ETHUSDT", str(price))
        if bot.has_printed(bought, 1.0):
            return
    raise AssertionError(bot.printed)
