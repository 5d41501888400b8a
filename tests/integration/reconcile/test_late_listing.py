"""Executions that the venue shows late, each adjusted for meanwhile: in the end they count, and no adjustment does."""

from decimal import Decimal
from typing import Any

import pytest

from tests.reconciling import BOT, Desk

D = Decimal
OTHER = "lxalgo_002"
ADJUST: dict[str, Any] = {"since": None, "on_unexplained": "adjust"}
EXITS = {"liquidation": "CreateByLiq", "stop": "CreateByStopLoss", "named": None}


async def settled(desk: Desk, **options: Any) -> None:
    """All is shown by now, and two runs later nothing is left to do, and no adjustment counts."""
    desk.account.control.set_lags()
    desk.account.control.advance(300_000)
    for _ in range(2):
        await desk.reconcile(**{"since": None, **options})
    before = desk.rows("reconcile/fills"), desk.rows("reconcile/voids")
    assert (await desk.reconcile(**{"since": None, **options})).ok
    assert (desk.rows("reconcile/fills"), desk.rows("reconcile/voids")) == before
    assert desk.agrees()
    assert desk.rows("reconcile/adjustments_that_count") == []


async def hidden(desk: Desk, side: str, leg: int, bot: str | None = BOT) -> None:
    """An order that is executed and not listed for a while, and a run that adjusts for it."""
    desk.hidden_order(side, "1", bot=bot, positionIdx=leg)
    desk.account.control.advance(8000)
    await desk.reconcile(**ADJUST)


@pytest.mark.parametrize("later", ["adjust", "report"])
@pytest.mark.parametrize("leg", [0, 1])
async def test_a_round_trip_that_the_bot_writes_late(desk: Desk, leg: int, later: str) -> None:
    """Each half was adjusted for, and together they move nothing."""
    if leg:
        desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    await desk.reconcile(**ADJUST)
    await hidden(desk, "Buy", leg)
    await hidden(desk, "Sell", leg)
    for fill in desk.executed():
        await desk.client.record_fill(**fill, position_idx=leg)
    await settled(desk, on_unexplained=later)
    (trade,) = desk.rows("reconcile/trades")
    assert trade["net_pnl"] is not None


async def test_a_round_trip_in_a_position_that_is_open(desk: Desk) -> None:
    await desk.trade("Buy", "2")
    desk.account.control.advance(120_000)
    await desk.reconcile(**ADJUST)
    await hidden(desk, "Sell", 0)
    await hidden(desk, "Buy", 0)
    for fill in desk.executed()[1:]:
        await desk.client.record_fill(**fill)
    await settled(desk, **ADJUST)
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(2)}
    assert (await desk.client.get_position("BTCUSDT")).avg_entry_price == 60000


async def test_a_flip_and_back_of_two_bots(desk: Desk) -> None:
    await desk.registered(OTHER)
    await desk.reconcile(**ADJUST)
    await hidden(desk, "Buy", 0)
    await hidden(desk, "Sell", 0, OTHER)
    await hidden(desk, "Sell", 0, OTHER)
    await hidden(desk, "Buy", 0, OTHER)
    for fill in desk.executed():
        await desk.client.record_fill(**fill)
    await settled(desk, **ADJUST)
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(1), (OTHER, "BTCUSDT", 0): D(-1)}


@pytest.mark.parametrize("how", list(EXITS))
@pytest.mark.parametrize("leg", [0, 1, 2])
@pytest.mark.parametrize("late", ["venue", "bot"])
async def test_an_exit_of_what_an_adjustment_stood_for(desk: Desk, how: str, leg: int, late: str) -> None:
    """It is the bot's whose entry turns up."""
    entry, exits = ("Sell", "Buy") if leg == 2 else ("Buy", "Sell")
    if leg:
        desk.account.control.set_hedge_mode(desk.account.uid, "BTCUSDT")
    await desk.reconcile(**ADJUST)
    await hidden(desk, entry, leg)
    desk.account.control.advance(1000)
    if create_type := EXITS[how]:
        desk.account.control.trade_by_hand(
            desk.account.uid, "BTCUSDT", exits, D(1), position_idx=leg, create_type=create_type
        )
    else:
        desk.order(exits, "1", positionIdx=leg)
    desk.account.control.advance(8000)
    await desk.reconcile(**ADJUST)
    if late == "bot":
        await desk.client.record_fill(**desk.executed()[0], position_idx=leg)
        for _ in range(2):
            await desk.reconcile(**ADJUST)
    await settled(desk, **ADJUST)
    assert desk.books() == {}
    (trade,) = desk.rows("reconcile/trades")
    assert trade["net_pnl"] is not None
