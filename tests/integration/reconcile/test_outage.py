"""What happened while the bot was away is booked at its real prices, in its owner's book."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.errors import InvalidInputError
from reconcile.paper.faults import HttpFault
from tests.reconciling import BOT, Desk, kinds

D = Decimal


async def test_nothing_happened(desk: Desk) -> None:
    await desk.trade("Buy", "0.01")
    report = await desk.reconcile()
    assert report.ok
    assert report.findings == []
    assert report.imported == {}
    assert [(x.symbol, x.ledger_qty, x.venue_qty) for x in report.lines] == [("BTCUSDT", D("0.01"), D("0.01"))]
    assert report.restored == [f"{BOT}:linear:BTCUSDT:0"]
    assert "BTCUSDT" in str(report)


async def test_the_exit_is_booked_at_its_own_price_not_at_the_mark(desk: Desk) -> None:
    await desk.trade("Buy", "0.01")
    desk.account.control.advance(3_600_000)
    desk.account.control.move_price("BTCUSDT", D("63597.0"))
    desk.order("Sell", "0.01")
    desk.account.control.move_price("BTCUSDT", D("63564.5"))
    report = await desk.reconcile()
    assert report.ok
    assert kinds(report) == [("closed_while_down", BOT)]
    (trade,) = desk.rows("reconcile/trades")
    assert (trade["exit_price"], trade["gross_pnl"]) == (D(63597), D("35.97"))
    assert desk.books() == {}
    assert [cycle.fitted for cycle in report.cycles] == ["none"]


async def test_a_stop_loss_and_half_a_take_profit_belong_to_the_bot_that_held_the_position(desk: Desk) -> None:
    await desk.trade("Buy", "0.1", stopLoss="58000")
    desk.account.control.move_price("BTCUSDT", D(57900))
    report = await desk.reconcile()
    assert report.ok
    assert kinds(report) == [("closed_while_down", BOT)]
    (trade,) = desk.rows("reconcile/trades")
    assert (trade["exit_reason"], trade["bot_id"]) == ("stop_loss", BOT)
    assert (await desk.client.get_position("BTCUSDT")).total_qty == 0


async def test_liquidation_and_deleveraging(desk: Desk) -> None:
    await desk.trade("Buy", "0.5")
    desk.account.control.deleverage(desk.account.uid, "BTCUSDT", qty=D("0.2"), price=D(95850))
    desk.account.control.liquidate(desk.account.uid, "BTCUSDT", price=D(40000))
    report = await desk.reconcile()
    assert report.ok
    assert kinds(report) == [("liquidated", BOT)]
    assert [trade["exit_reason"] for trade in desk.rows("reconcile/trades")] == ["adl", "liquidation"]


async def test_reduced_increased_flipped_and_opened(desk: Desk) -> None:
    for symbol, away in (("BTCUSDT", "0.4"), ("ETHUSDT", "2")):
        await desk.trade("Buy", "1", symbol=symbol)
        desk.order("Sell", away, symbol=symbol)
    await desk.trade("Sell", "3", symbol="SOLUSDT")
    desk.order("Sell", "1", symbol="SOLUSDT")
    desk.order("Buy", "10", symbol="XRPUSDT")
    report = await desk.reconcile()
    assert report.ok
    assert {f.symbol: f.kind for f in report.findings} == {
        "BTCUSDT": "reduced_while_down",
        "ETHUSDT": "flipped_while_down",
        "SOLUSDT": "increased_while_down",
        "XRPUSDT": "opened_while_down",
    }
    assert desk.agrees()


async def test_hand_made_trades_go_to_external_and_the_sum_holds(desk: Desk) -> None:
    await desk.trade("Buy", "0.672")
    desk.account.trade("Sell", "0.357")
    report = await desk.reconcile()
    assert report.ok
    assert kinds(report) == [("opened_outside", "external")]
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.672"), ("external", "BTCUSDT", 0): D("-0.357")}
    (line,) = report.lines
    assert (line.venue_qty, line.ledger_qty) == (D("0.315"), D("0.315"))


async def test_funding_is_cash_and_goes_to_the_holder(desk: Desk) -> None:
    await desk.trade("Buy", "1.2")
    desk.account.control.charge_funding("BTCUSDT", D("0.0001"))
    desk.account.control.advance(8 * 3_600_000)
    desk.account.control.charge_funding("BTCUSDT", D("-0.0002"))
    report = await desk.reconcile()
    assert report.imported == {"Funding": 2}
    paid = desk.rows("reconcile/funding")
    assert [(row["bot_id"], row["amount"]) for row in paid] == [(BOT, D("7.2")), (BOT, D("-14.4"))]
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("1.2")}
    await desk.trade("Sell", "1.2")
    later = await desk.reconcile()
    assert [cycle.fitted for cycle in later.cycles] == ["none"]
    assert later.ok


async def test_a_venue_without_closed_p_and_l(desk: Desk) -> None:
    desk.order("Buy", "1.2")
    desk.order("Sell", "1.2")
    desk.account.control.break_http(HttpFault("ret_code", code=10005, path="/v5/position/closed-pnl", times=None))
    report = await desk.reconcile()
    assert report.ok
    assert report.cycles == []
    assert kinds(report) == [("pnl_not_compared", None), ("traded_while_down", BOT)]


async def test_p_and_l_that_does_not_agree_is_found_once_and_waits(desk: Desk) -> None:
    desk.order("Buy", "1.2")
    desk.order("Sell", "1.2")
    exit_row = desk.executions()[-1]
    await desk.client.record_fill(
        symbol="BTCUSDT", side="Sell", exec_price=exit_row["execPrice"], exec_qty=exit_row["execQty"],
        exec_time=datetime.fromtimestamp(int(exit_row["execTime"]) / 1000, UTC), exec_id=exit_row["execId"],
        order_id=exit_row["orderId"], commission=0,
    )  # fmt: skip
    report = await desk.reconcile()
    assert [f.kind for f in report.problems] == ["conflicting_fill", "pnl_residual"]
    (cycle,) = report.cycles
    assert cycle.ledger_net - cycle.venue_pnl == D(exit_row["execFee"])
    assert cycle.fitted is None
    desk.account.control.advance(120_000)
    await desk.reconcile()
    await desk.reconcile()
    open_now = [row["kind"] for row in desk.rows("reconcile/findings") if row["resolved_at"] is None]
    assert set(open_now) == {"conflicting_fill", "pnl_residual"}


async def test_an_unknown_type_waits_for_a_person_and_the_rest_of_the_page_is_applied(desk: Desk) -> None:
    desk.account.control.report_execution(desk.account.uid, "BTCUSDT", "SomethingNew", side="Buy", qty=D(1), price=D(1))
    desk.order("Buy", "0.2")
    report = await desk.reconcile()
    assert report.status == "findings"
    assert report.quarantined == 1
    assert kinds(report) == [("opened_while_down", BOT), ("quarantined", None)]
    assert desk.agrees()


async def test_late_fills_find_their_place_in_time(desk: Desk) -> None:
    desk.account.control.move_price("BTCUSDT", D(110))
    missed = desk.order("Buy", "1")
    desk.account.control.move_price("BTCUSDT", D(100))
    second = desk.order("Buy", "1")
    desk.account.control.move_price("BTCUSDT", D(120))
    third = desk.order("Sell", "1")
    await desk.record(second)
    await desk.record(third)
    assert missed
    report = await desk.reconcile()
    assert report.ok
    (trade,) = desk.rows("reconcile/trades")
    assert (trade["entry_price"], trade["exit_price"], trade["gross_pnl"]) == (D(110), D(120), D(10))
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1)}


async def test_a_cycle_that_is_over_keeps_its_p_and_l(desk: Desk) -> None:
    for side, qty, price in (("Buy", "0.02", 4100), ("Sell", "0.02", 4150), ("Buy", "0.03", 4200)):
        desk.account.control.move_price("BTCUSDT", D(price))
        desk.order(side, qty)
    report = await desk.reconcile()
    assert report.ok
    (trade,) = desk.rows("reconcile/trades")
    assert trade["gross_pnl"] == 1
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.03")}


async def test_a_start_that_has_not_come_yet_is_refused(desk: Desk) -> None:
    before = desk.rows("reconcile/trades")
    with pytest.raises(InvalidInputError) as caught:
        await desk.reconcile(since=datetime(2100, 1, 1, tzinfo=UTC))
    assert caught.value.field == "since"
    assert desk.rows("reconcile/trades") == before
