"""What the venue said of an order before comes late, and is no loss of executed quantity; what it says after is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger import AsyncLedgerClient
from ledger.database import AsyncDatabase
from reconcile.startup.store import Store
from reconcile.values import Order
from tests.faults.wire import StatementProxy
from tests.following import following
from tests.reconciling import BOT, Desk

D = Decimal
SECOND = timedelta(seconds=1)
BEFORE = {"status": "New", "cum_exec_qty": D(0)}


@pytest.fixture
async def store(desk: Desk) -> AsyncIterator[Store]:
    database = AsyncDatabase(desk.client.settings)
    yield Store(database, await desk.client.register())
    await database.close()


async def partly_filled(desk: Desk) -> Order:
    """One of 3 is filled, two wait."""
    desk.account.control.set_depth("BTCUSDT", D(1), category="linear")
    order_id = desk.order("Buy", "3", orderType="Limit", price="60000")
    (order,) = await desk.account.exchange.orders_by_id("linear", [order_id])
    assert (order.status, order.cum_exec_qty) == ("PartiallyFilled", D(1))
    return order


def kept(desk: Desk) -> tuple[Any, ...]:
    (row,) = desk.rows("reconcile/orders")
    return row["status"], row["cum_exec_qty"], row["updated_at"]


@pytest.mark.parametrize(
    ("later", "changes", "is_refused"),
    [
        (-SECOND, BEFORE, False),
        (-SECOND, {"cum_exec_qty": D("0.5")}, False),
        (timedelta(0), BEFORE, False),  # a limit order that is filled at once is new and filled in one millisecond
        (timedelta(0), {"cum_exec_qty": D("0.5")}, True),
        (SECOND, BEFORE, True),
        (SECOND, {"cum_exec_qty": D("0.5")}, True),
    ],
)
async def test_only_what_is_not_older_and_says_less_is_refused(
    desk: Desk, store: Store, later: timedelta, changes: dict[str, Any], is_refused: bool
) -> None:
    order = await partly_filled(desk)
    assert order.updated_at is not None
    assert await store.keep_orders([order]) == []
    less = replace(order, **changes, updated_at=order.updated_at + later)
    assert await store.keep_orders([less]) == ([order.order_id] if is_refused else [])
    assert kept(desk) == (order.status, order.cum_exec_qty, order.updated_at)


@pytest.mark.parametrize("before", [timedelta(0), SECOND])
async def test_the_newest_of_what_comes_together_is_kept(desk: Desk, store: Store, before: timedelta) -> None:
    order = await partly_filled(desk)
    assert order.updated_at is not None
    old = replace(order, status="New", cum_exec_qty=D(0), updated_at=order.updated_at - before)
    assert await store.keep_orders([order, old]) == []
    assert kept(desk) == (order.status, order.cum_exec_qty, order.updated_at)


async def test_an_answer_that_the_stream_overtook_is_no_finding(desk: Desk) -> None:
    """The reconciliation asked while the order was filled in part, and stores the answer after the stream's."""
    await partly_filled(desk)
    stored: list[Any] = []

    def overtake() -> None:
        if not stored:
            desk.account.control.advance(1000)
            desk.account.control.set_depth("BTCUSDT", None, category="linear")
            desk.account.control.move_price("BTCUSDT", D(59_900))
            while not (rows := desk.rows("reconcile/orders")) or rows[0]["status"] != "Filled":
                pass
            stored.extend(rows)

    async with following(desk) as follower:
        with StatementProxy(desk.database_url) as proxy:
            proxy.call_before("trading.keep_orders", overtake)
            url = proxy.postgres_url(desk.database_url)
            async with AsyncLedgerClient(
                BOT, account="bybit:main:paper", database_url=url, redis_url=desk.redis_url
            ) as client:
                report = await desk.reconcile(db_client=client)
        assert follower.troubles == []
    assert (report.ok, kept(desk)) == (True, ("Filled", D(3), stored[0]["updated_at"]))
    assert desk.books() == {(BOT, "BTCUSDT", 0): D(3)}
