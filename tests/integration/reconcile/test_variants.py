"""The situations of the cases in other modes, categories and orders of events."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from reconcile import apply_quarantined
from reconcile.paper.instruments import Instrument, default_instruments
from tests.reconciling import BOT, Desk, Row, kinds, open_desk

D = Decimal
OTHER = "mom_002"
CALL, PUT = "BTC-31DEC27-60000-C-USDT", "BTC-31DEC27-60000-P-USDT"


def reasons(desk: Desk) -> list[tuple[str, str | None, Decimal]]:
    return [(t["bot_id"], t["exit_reason"], t["quantity"]) for t in desk.rows("reconcile/trades")]


async def test_a_partial_take_profit_and_a_stop_of_the_rest(desk: Desk) -> None:
    await desk.trade("Buy", "1")
    desk.session.set_trading_stop(
        category="linear", symbol="BTCUSDT", takeProfit="61000", tpSize="0.4", tpslMode="Partial", positionIdx=0
    )
    desk.account.control.move_price("BTCUSDT", D(61100))
    first = await desk.reconcile()
    assert kinds(first) == [("reduced_while_down", BOT)]
    desk.session.set_trading_stop(category="linear", symbol="BTCUSDT", stopLoss="60500", tpslMode="Full", positionIdx=0)
    desk.account.control.move_price("BTCUSDT", D(60400))
    report = await desk.reconcile()
    assert report.ok
    assert reasons(desk) == [(BOT, "take_profit", D("0.4")), (BOT, "stop_loss", D("0.6"))]
    assert [cycle.fitted for cycle in report.cycles] == ["none"]


async def test_a_trailing_stop_of_a_short(desk: Desk) -> None:
    await desk.trade("Sell", "1")
    desk.session.set_trading_stop(category="linear", symbol="BTCUSDT", trailingStop="500", positionIdx=0)
    for price in (59000, 58000, 58600):
        desk.account.control.move_price("BTCUSDT", D(price))
    report = await desk.reconcile()
    assert report.ok
    assert reasons(desk) == [(BOT, "trailing_stop", D(1))]


@pytest.mark.parametrize("hedged", [False, True])
async def test_liquidation_in_parts_deleveraging_and_takeover(desk: Desk, hedged: bool) -> None:
    control, uid = desk.account.control, desk.account.uid
    leg: dict[str, Any] = {}
    if hedged:
        control.set_hedge_mode(uid, "BTCUSDT")
        leg = {"position_idx": 2}
        desk.order("Buy", "5", positionIdx=1)
    desk.order("Sell", "1", positionIdx=2 if hedged else 0)
    control.liquidate(uid, "BTCUSDT", qty=D("0.25"), price=D(70000), **leg)
    control.advance(50)
    control.deleverage(uid, "BTCUSDT", qty=D("0.25"), price=D(70100), **leg)
    control.liquidate(uid, "BTCUSDT", price=D(70200), create_type="CreateByTakeOver_PassThrough", **leg)
    report = await desk.reconcile()
    assert report.ok
    assert [reason for _, reason, _ in reasons(desk)] == ["liquidation", "adl", "liquidation"]
    assert desk.books() == ({(BOT, "BTCUSDT", 1): D(5)} if hedged else {})
    assert [cycle.fitted for cycle in report.cycles] == ["none"]


async def test_delivery_of_a_dated_contract_held_by_two_bots_on_two_sides(desk: Desk) -> None:
    await desk.registered(OTHER)
    symbol = {"symbol": "BTC-31DEC27"}
    desk.order("Buy", "3", **symbol)
    desk.order("Sell", "1", bot=OTHER, **symbol)
    desk.account.control.deliver("BTC-31DEC27", D(61000))
    report = await desk.reconcile()
    # It closes 2 of the bot's long; that the other's short and the rest of the long go with it is no execution.
    assert report.ok
    assert reasons(desk) == [(BOT, "delivery", D(2))]
    assert desk.books() == {(BOT, "BTC-31DEC27", 0): D(1), (OTHER, "BTC-31DEC27", 0): D(-1)}


async def test_inverse_with_funding_a_flip_and_liquidation(wide: Desk) -> None:
    account, line = wide.account, {"symbol": "ETHUSD", "category": "inverse"}
    account.control.deposit(account.uid, "ETH", D(100))
    wide.order("Buy", "3000", **line)
    account.control.charge_funding("ETHUSD", D("0.0001"), "inverse")
    account.control.move_price("ETHUSD", D(3100))
    wide.order("Sell", "5000", **line)
    account.control.liquidate(account.uid, "ETHUSD", qty=D(500), price=D(3200), category="inverse")
    report = await wide.reconcile()
    assert report.ok
    assert wide.books() == {(BOT, "ETHUSD", 0): D(-1500)}
    assert reasons(wide) == [(BOT, "entry", D(3000)), (BOT, "liquidation", D(500))]
    (paid,) = wide.rows("reconcile/funding")
    assert (paid["bot_id"], paid["asset"], paid["amount"]) == (BOT, "ETH", D("0.0001"))


async def test_spot_of_several_bots_with_base_fees_rebates_and_dust(wide: Desk) -> None:
    await wide.registered(OTHER)
    control, uid = wide.account.control, wide.account.uid
    control.deposit(uid, "ETH", D(10))
    control.set_fees(uid, "spot", D("-0.0001"), D("0.001"))
    spot = {"symbol": "ETHUSDT", "category": "spot", "marketUnit": "baseCoin"}
    wide.order("Buy", "1", **spot)
    wide.order("Buy", "2", bot=OTHER, **spot)
    control.move_price("ETHUSDT", D(3000))
    wide.order("Sell", "0.5", orderType="Limit", price="3010", **{k: v for k, v in spot.items() if k != "marketUnit"})
    control.move_price("ETHUSDT", D(3020))
    report = await wide.reconcile()
    assert report.problems == []
    mine = await wide.client.get_position("ETHUSDT", category="spot")
    # 1 − 0.001 bought; the maker's rebate of the sale is paid in ETH, the coin that was given.
    assert (mine.total_qty, mine.dust_qty) == (D("0.499"), D("0.00005"))
    (line,) = [x for x in report.lines if x.category == "spot"]
    assert (line.ledger_qty, line.venue_qty - line.ledger_qty) == (D("2.49705"), D(10))


@pytest.mark.parametrize("parts", [1, 3])
async def test_executions_take_the_place_of_a_fill_of_the_whole_order(desk: Desk, parts: int) -> None:
    control = desk.account.control
    if parts > 1:
        control.set_depth("BTCUSDT", D("0.1"), levels=parts)
    order_id = desk.order("Buy", str(D("0.1") * parts))
    executed = desk.executions()
    # The bot knew the order's average only, and a little too much of it.
    await desk.client.record_fill(
        symbol="BTCUSDT", side="Buy", exec_price="60000", exec_qty=D("0.1") * parts + D("0.05"), order_id=order_id,
        exec_time=desk.account.now(), commission="1",
    )  # fmt: skip
    report = await desk.reconcile(since=None)
    assert len(executed) == parts
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.1") * parts + D("0.05")}
    assert [f.kind for f in report.problems] == ["unexplained"]
    lots = await desk.client.get_open_position_entries("BTCUSDT")
    assert sum(lot.remaining_qty for lot in lots if ":rest:" not in str(lot.exec_id)) == D("0.1") * parts


async def test_hedge_legs_of_two_bots_by_hand_and_by_stops(desk: Desk) -> None:
    await desk.registered(OTHER)
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1, stopLoss="59000")
    desk.order("Sell", "2", bot=OTHER, positionIdx=2, takeProfit="58500")
    desk.account.trade("Buy", "0.5", position_idx=2)
    desk.account.control.move_price("BTCUSDT", D(58000))
    report = await desk.reconcile()
    assert report.ok
    assert desk.agrees()
    assert reasons(desk) == [(BOT, "stop_loss", D(1)), (OTHER, None, D("0.5")), (OTHER, "take_profit", D("1.5"))]


async def test_a_hedge_leg_that_two_hold_and_somebody_closes_waits_for_a_person(desk: Desk) -> None:
    await desk.registered(OTHER)
    desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    desk.order("Buy", "1", positionIdx=1)
    desk.order("Buy", "2", bot=OTHER, positionIdx=1)
    desk.account.trade("Sell", "0.5", position_idx=1)
    report = await desk.reconcile()
    assert [f.kind for f in report.problems] == ["missing_history", "quarantined"]
    (row,) = desk.rows("reconcile/quarantine")
    await apply_quarantined(desk.client, row["exec_id"], "fill", bot_id=OTHER)
    assert (await desk.reconcile()).ok
    assert desk.books() == {(BOT, "BTCUSDT", 1): D(1), (OTHER, "BTCUSDT", 1): D("1.5")}


@pytest.fixture
async def options(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    """A desk that trades options, too."""
    listed = [
        Instrument("option", symbol, "BTC", "USDT", "USDT", D("0.01"), D(5), contract_type="") for symbol in (CALL, PUT)
    ]
    instruments = [*default_instruments(), *listed]
    async with open_desk(database_url, redis_url, categories=("linear", "option"), instruments=instruments) as one:
        yield one
        assert await one.written_by_a_second_run() == set()


async def test_an_option_from_purchase_to_expiry(options: Desk) -> None:
    control = options.account.control
    control.move_price(CALL, D(1500))
    control.move_price(PUT, D(900))
    options.order("Buy", "2", symbol=CALL, category="option")
    options.order("Sell", "1", symbol=PUT, category="option")
    control.move_price(CALL, D(1800))
    options.order("Sell", "0.5", symbol=CALL, category="option")
    report = await options.reconcile()
    assert report.ok
    assert options.books() == {(BOT, CALL, 0): D("1.5"), (BOT, PUT, 0): D(-1)}
    control.deliver(CALL, D(2500), "option")
    control.deliver(PUT, D(0), "option")
    report = await options.reconcile()
    assert report.ok
    assert options.books() == {}
    assert kinds(report) == [("closed_while_down", BOT), ("closed_while_down", BOT)]
    earned: list[Row] = options.rows("reconcile/trades")
    assert [(t["symbol"], t["exit_reason"], t["exit_price"], t["gross_pnl"]) for t in earned] == [
        (CALL, "entry", D(1800), D(150)),
        (CALL, "delivery", D(2500), D(1500)),
        (PUT, "delivery", D(0), D(900)),
    ]
    assert report.cycles == []
