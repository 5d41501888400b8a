"""On which leg old executions are, where a symbol was in one-way mode once and in hedge mode later, or the reverse."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from reconcile.startup.legs import leg_by_holdings
from tests.bybit_payloads import executed, trade
from tests.reconciling import BOT, Desk

D = Decimal
DAY = 86_400_000


async def test_what_was_traded_before_the_mode_switched_stays_one_way(desk: Desk) -> None:
    desk.order("Buy", "1")
    desk.account.control.charge_funding("BTCUSDT", D("0.0001"))
    desk.order("Sell", "3")
    desk.order("Buy", "2")
    desk.account.control.advance(30 * DAY)
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.order("Sell", "2", positionIdx=2)
    desk.account.control.charge_funding("BTCUSDT", D("0.0001"))
    report = await desk.reconcile()
    assert report.ok
    assert desk.books() == {(BOT, "BTCUSDT", 1): D(1), (BOT, "BTCUSDT", 2): D(-2)}
    assert [trade["position_idx"] for trade in desk.rows("reconcile/trades")] == [0, 0]
    assert [row["position_idx"] for row in desk.rows("reconcile/funding")] == [0, 1, 2]
    assert all(cycle.fitted for cycle in report.cycles)


async def test_and_back(desk: Desk) -> None:
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.account.control.liquidate(desk.account.uid, "BTCUSDT", qty=D("0.4"), position_idx=1)
    desk.order("Sell", "0.6", positionIdx=1)
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT", on=False)
    desk.account.control.advance(DAY)
    desk.order("Sell", "1")
    assert (await desk.reconcile()).ok
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(-1)}
    assert [trade["position_idx"] for trade in desk.rows("reconcile/trades")] == [1, 1]


async def test_an_exit_without_an_order_is_on_the_leg_that_was_open(desk: Desk) -> None:
    desk.account.trade("Sell", "0.5", symbol="BTC-31DEC27")
    desk.account.trade("Buy", "0.5", symbol="BTC-31DEC27")
    desk.account.control.set_hedge_mode(desk.account.uid, "BTC-31DEC27")
    desk.order("Buy", "1", symbol="BTC-31DEC27", positionIdx=1)
    desk.order("Sell", "2", symbol="BTC-31DEC27", positionIdx=2)
    desk.account.control.deliver("BTC-31DEC27", D(61000))
    report = await desk.reconcile()
    assert report.ok
    assert desk.books() == {}
    delivered = [t for t in desk.rows("reconcile/trades") if t["exit_reason"] == "delivery"]
    assert sorted((t["position_idx"], t["side"], t["bot_id"]) for t in delivered) == [(1, "Buy", BOT), (2, "Sell", BOT)]


async def test_what_nothing_tells_waits_for_a_person(desk: Desk) -> None:
    desk.order("Buy", "1")
    desk.order("Sell", "1")
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.order("Sell", "1", positionIdx=1)
    # From flat and without an order that could be asked for, a liquidation says nothing of its leg.
    exec_id = desk.account.control.report_execution(
        desk.account.uid, "BTCUSDT", "BustTrade", side="Sell", qty=D(1), price=D(50000)
    )
    desk.account.control.advance(1000)
    report = await desk.reconcile()
    assert [(f.kind, f.venue["exec_id"]) for f in report.problems] == [("quarantined", exec_id)]
    assert "one-way and in hedge mode" in str(report.problems[0].venue["reason"])
    assert desk.books() == {}


@pytest.mark.parametrize(
    ("row", "held", "leg"),
    [
        ({"side": "Sell", "closedSize": "0.1"}, ["1", "", ""], 0),
        ({"side": "Sell", "closedSize": "0.1"}, ["", "1", ""], 1),
        ({"side": "Buy", "closedSize": "0.1"}, ["", "1", "-1"], 2),
        ({"side": "Buy", "closedSize": "0"}, ["", "1", "-1"], 1),
        ({"side": "Sell", "closedSize": "0"}, ["", "1", ""], 2),
        ({"side": "Sell", "closedSize": "0"}, ["-1", "", ""], 0),
        ({"side": "Sell", "closedSize": "0.04"}, ["0.04", "", ""], 0),
        ({"side": "Sell", "closedSize": "0.04"}, ["", "", ""], 0),
        ({"side": "Sell", "closedSize": ""}, ["1", "", ""], 0),
        # Contradictions, and what nothing tells.
        ({"side": "Sell", "closedSize": "0.04"}, ["1", "", ""], None),
        ({"side": "Sell", "closedSize": "0"}, ["1", "", ""], None),
        ({"side": "Sell", "closedSize": "0.04"}, ["", "1", ""], None),
        ({"side": "Sell", "closedSize": ""}, ["", "1", ""], None),
        ({"side": "Sell", "closedSize": "0.1"}, ["1", "1", ""], None),
        ({"side": "Sell", "closedSize": "0.1"}, ["", "", ""], None),
        ({"side": "Buy", "closedSize": "0"}, ["", "", ""], None),
        ({"execType": "Funding", "side": "Buy", "closedSize": "0"}, ["1", "", ""], 0),
        ({"execType": "Funding", "side": "Sell", "closedSize": "0"}, ["", "1", "-1"], 2),
        ({"execType": "Funding", "side": "Buy", "closedSize": "0"}, ["", "", ""], None),
    ],
)
def test_the_leg_by_what_was_open(row: dict[str, Any], held: Sequence[str], leg: int | None) -> None:
    books = [[D(qty)] if qty else [] for qty in held]
    assert leg_by_holdings(executed(trade(execQty="0.1", **row)), books) == leg
