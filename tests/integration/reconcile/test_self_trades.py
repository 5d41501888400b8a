"""Two orders of the account met in one trade: the venue gives both executions the same id."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledger.database import AsyncDatabase
from ledger.session import EXTERNAL
from reconcile.startup.booking import Booker
from reconcile.startup.store import Store
from reconcile.values import Execution
from tests.bybit_account import START
from tests.reconciling import BOT, Desk


async def both_sides(desk: Desk) -> list[Execution]:
    """What the bot bought, and what a person sold it, as the venue reports them."""
    desk.order("Buy", "0.3")
    desk.account.trade("Sell", "0.3")
    desk.account.control.advance(1000)
    found: list[Execution] = []
    exchange = desk.account.exchange
    async for window in exchange.executions("linear", START, await exchange.server_time()):
        found += window.items
    bought, sold = sorted(found, key=lambda e: e.side)
    return [bought, replace(sold, exec_id=bought.exec_id)]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("together", [True, False])
async def test_each_side_is_in_its_own_book(desk: Desk, first: int, together: bool) -> None:
    sides = await both_sides(desk)
    order = [sides[first], sides[1 - first]]
    database = AsyncDatabase(desk.client.settings)
    external = await desk.client.acting_for(EXTERNAL)
    store = Store(database, await desk.client.register())
    # Told in two messages, and then read again by REST.
    for batch in [order, sides] if together else [order[:1], order[1:], sides]:
        booker = Booker(desk.account.exchange, store, external, (BOT, EXTERNAL))
        await booker.book("linear", batch)
        assert booker.booked.findings == []
    await database.close()
    assert desk.books() == {(BOT, "BTCUSDT", 0): Decimal("0.3"), (EXTERNAL, "BTCUSDT", 0): Decimal("-0.3")}
