"""The border under fire: whatever comes, no exception but ours, nothing booked of it, and the rest of the page is.

Answers come from a real HTTP server and a real WebSocket, through pybit.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import LedgerError
from reconcile.bybit import BybitExchange
from reconcile.bybit.payloads import (
    read_closed_pnl,
    read_execution,
    read_instrument,
    read_order,
    read_position,
)
from reconcile.bybit.stream import events_of
from reconcile.bybit.walks import EXECUTION_WALK
from reconcile.startup.store import _dump
from reconcile.values import ClosedPnl, Execution, Instrument, Order, Unreadable, VenuePosition
from tests.bybit_payloads import CCXT, GO, NET, rows, trade
from tests.malformed import damaged_bodies, damaged_rows, odd
from tests.reconciling import Desk, another_exchange, open_desk
from tests.rewriting import Middle, in_the_middle

D = Decimal
FIRST = settings(max_examples=settings().max_examples * 8)
CORPUS: list[tuple[type, Any, str]] = [
    (Execution, read_execution, CCXT + "fetchMyTrades_linear_trade_empty_feeCurrency.json"),
    (Execution, read_execution, CCXT + "fetchMyTrades_linear_funding.json"),
    (Execution, read_execution, GO + "v5-execution-get-execution-list.json"),
    (Order, read_order, CCXT + "fetchClosedOrders_linear_roundtrip.json"),
    (Order, read_order, CCXT + "fetchOrder_spot_market_sell_filled.json"),
    (VenuePosition, read_position, CCXT + "fetchPositions_linear_long.json"),
    (ClosedPnl, read_closed_pnl, GO + "v5-position-get-closed-pnl.json"),
    (Instrument, read_instrument, NET + "GetUserTrades.txt"),
]


@FIRST
@given(data=st.data())
def test_a_damaged_row_is_read_exactly_or_kept(data: st.DataObject) -> None:
    kind, read, name = data.draw(st.sampled_from(CORPUS))
    value = read(data.draw(damaged_rows(rows(name)[0])), "linear", "here")
    assert isinstance(value, kind | Unreadable)
    if isinstance(value, Unreadable):
        assert value.reason
        assert json.loads(_dump([{"raw": value.raw, "readable": value.readable}]), parse_constant=pytest.fail)
    if isinstance(value, Execution):
        assert value.exec_qty >= 0
        assert value.exec_price >= 0
        assert value.fee.is_finite()
        for text in (value.symbol, value.exec_id, value.order_id or "-", value.client_order_id or "-"):
            assert text.isprintable()


@FIRST
@given(data=st.data())
def test_a_damaged_message_is_read_exactly_or_kept(data: st.DataObject) -> None:
    row = trade(category="linear") | {"category": "linear"}
    topic = data.draw(st.sampled_from(["execution", "order"]))
    content = data.draw(st.lists(damaged_rows(row), max_size=3) | odd)
    for event in events_of({"topic": topic, "data": content}):
        assert isinstance(event, Execution | Order | Unreadable)
        json.loads(_dump([event.raw]), parse_constant=pytest.fail)


@dataclass
class Border:
    """A desk with some history, and the server through which it is read."""

    desk: Desk
    middle: Middle
    exchange: BybitExchange
    loop: asyncio.AbstractEventLoop
    good: int
    bodies: dict[str, bytes]  # by path, as they are without damage


@pytest.fixture
def border(database_url: str, redis_url: str) -> Iterator[Border]:
    """One for all examples: what is malformed leaves no trace, so each finds the same."""
    loop = asyncio.new_event_loop()
    opened = _border(database_url, redis_url, loop)
    yield loop.run_until_complete(anext(opened))
    with pytest.raises(StopAsyncIteration):
        loop.run_until_complete(anext(opened))
    loop.close()


async def _border(database_url: str, redis_url: str, loop: asyncio.AbstractEventLoop) -> AsyncIterator[Border]:
    async with open_desk(database_url, redis_url) as desk:
        for side in ("Buy", "Sell", "Buy"):
            desk.order(side, "0.1")
        desk.account.control.advance(1000)
        with in_the_middle(desk.account.paper.url) as middle:
            exchange = another_exchange(
                desk, endpoint=middle.url, patience=0.2, first_wait=0.001, timeout=5, receive_window=60_000
            )
            bodies: dict[str, bytes] = {}

            def remember(path: str, body: bytes) -> bytes:
                if not bodies.get(path) or json.loads(body)["result"].get("list"):
                    bodies[path] = body
                return body

            middle.change = remember
            assert (await desk.reconcile(exchange_client=exchange)).imported == {"Trade": 3}
            yield Border(desk, middle, exchange, loop, 3, bodies)
            await exchange.close()


ENDPOINTS = [
    "/v5/execution/list", "/v5/order/history", "/v5/order/realtime", "/v5/position/list", "/v5/position/closed-pnl",
    "/v5/market/time", "/v5/market/instruments-info", "/v5/user/query-api",
]  # fmt: skip


@given(data=st.data(), path=st.sampled_from(ENDPOINTS))
def test_a_damaged_body_ends_in_our_error_or_a_degraded_run(border: Border, data: st.DataObject, path: str) -> None:
    damaged = data.draw(damaged_bodies(border.bodies[path]))
    border.middle.change = lambda asked, body: damaged if asked == path else body
    desk = border.desk
    desk.rows("reconcile/forget_coverage")
    try:
        report = border.loop.run_until_complete(desk.reconcile(exchange_client=border.exchange))
    except LedgerError:
        pass
    else:
        assert report.imported == {}
    border.middle.heal()
    assert len(desk.rows("reconcile/fills")) == border.good
    assert desk.agrees()


@given(data=st.data())
def test_of_a_page_with_damaged_rows_the_rest_is_applied(border: Border, data: st.DataObject) -> None:
    desk = border.desk
    side = data.draw(st.sampled_from(["Buy", "Sell"]))
    model = json.loads(border.bodies["/v5/execution/list"])["result"]["list"][0]
    model |= {"execId": "damaged", "orderId": "damaged-order"}
    drawn = data.draw(st.lists(damaged_rows(model), min_size=1, max_size=3))
    # What is still an execution is one: it is no part of this test.
    bad = [one for one in drawn if isinstance(read_execution(one, "linear", "x"), Unreadable)]
    border.loop.run_until_complete(desk.reconcile())  # whatever an example before left
    fresh = desk.order(side, "0.1")
    desk.account.control.advance(1000)
    before = {row["exec_id"] for row in desk.rows("reconcile/fills")}
    border.middle.change_rows("/v5/execution/list", lambda listed: listed + bad)
    # The venue's time stands still, so its clock is another one after each pause.
    border.loop.run_until_complete(border.exchange.server_time())
    report = border.loop.run_until_complete(desk.reconcile(exchange_client=border.exchange))
    border.middle.heal()
    assert report.status != "degraded", report.reason
    new = [row for row in desk.rows("reconcile/fills") if row["exec_id"] not in before]
    assert [row["order_id"] for row in new] == [fresh]
    assert desk.agrees()


@given(data=st.data())
def test_what_reads_well_and_cannot_be_booked_fails_nothing(border: Border, data: st.DataObject) -> None:
    """Rows that the border lets pass, with odd values: each is booked as it is or in quarantine, and no run fails."""
    desk = border.desk
    value = EXECUTION_WALK.read(data.draw(damaged_rows(trade(symbol="XRPUSDT", execId="odd"))), "linear", "x")
    if isinstance(value, Unreadable):
        return
    row = {**value.raw, "execTime": str(desk.account.control.now())}
    border.middle.change_rows("/v5/execution/list", lambda listed: [*listed, row])
    # The venue's time stands still, so its clock is another one after each pause.
    border.loop.run_until_complete(border.exchange.server_time())
    report = border.loop.run_until_complete(desk.reconcile(exchange_client=border.exchange))
    border.middle.heal()
    assert report.status != "degraded", report.reason
    kept = [q["exec_id"] for q in desk.rows("reconcile/quarantine")]
    booked = [f["exec_id"] for f in desk.rows("reconcile/fills")] + [
        f["exec_id"] for f in desk.rows("reconcile/funding")
    ]
    assert value.exec_id in kept + booked or [f for f in report.problems if f.kind == "conflicting_fill"]
