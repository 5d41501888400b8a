"""The private stream through every kind of interruption, and what it leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal

import pytest

from reconcile.bybit import BybitExchange
from reconcile.bybit.times import to_ms
from reconcile.exchange import Gap, StreamEvent
from reconcile.paper.faults import StreamFault
from reconcile.paper.server import PaperBybit, new_venue
from reconcile.values import Execution
from tests.bybit_account import START, BybitAccount, settings_of
from tests.proxy import Proxy, connector


async def following(events: AsyncIterator[StreamEvent], kind: type[StreamEvent]) -> StreamEvent:
    async with asyncio.timeout(30):
        while True:
            event = await anext(events)
            if isinstance(event, kind):
                return event


async def execution(events: AsyncIterator[StreamEvent]) -> Execution:
    event = await following(events, Execution)
    assert isinstance(event, Execution)
    return event


async def gap(events: AsyncIterator[StreamEvent]) -> Gap:
    event = await following(events, Gap)
    assert isinstance(event, Gap)
    return event


def proxied(account: BybitAccount) -> tuple[Proxy, BybitExchange]:
    proxy = Proxy(connector("127.0.0.1", int(account.paper.url.rsplit(":", 1)[1])))
    address = f"ws://127.0.0.1:{proxy.port}/v5/private"
    return proxy, BybitExchange(account.settings(stream_url=address, ping_interval=2, ping_timeout=1))


async def test_ten_interruptions_are_ten_gaps(account: BybitAccount) -> None:
    async with aclosing(account.exchange.stream()) as events:
        assert (await gap(events)).since is None
        for _ in range(10):
            account.control.disconnect_streams()
            assert (await gap(events)).since is not None
        order_id = account.trade("Buy", "0.1")
        assert (await execution(events)).order_id == order_id


async def test_a_repeated_message_comes_twice_and_a_lost_one_not_at_all(account: BybitAccount) -> None:
    async with aclosing(account.exchange.stream()) as events:
        await gap(events)
        account.control.break_stream(StreamFault("repeat", "execution"))
        account.trade("Buy", "0.1")
        first, second = await execution(events), await execution(events)
        assert first == second
        account.control.break_stream(StreamFault("drop", "execution"))
        account.trade("Buy", "0.2")
        account.trade("Buy", "0.3")
        assert (await execution(events)).exec_qty == Decimal("0.3")


async def test_a_connection_that_ends_with_a_message_leaves_a_gap(account: BybitAccount) -> None:
    async with aclosing(account.exchange.stream()) as events:
        await gap(events)
        account.control.break_stream(StreamFault("disconnect", "execution"))
        account.trade("Buy", "0.1")
        assert (await gap(events)).since is not None


async def test_a_server_that_falls_silent_is_given_up(account: BybitAccount) -> None:
    proxy, exchange = proxied(account)
    async with aclosing(exchange.stream()) as events:
        await gap(events)
        account.trade("Buy", "0.1")
        await execution(events)
        proxy.swallows = True
        account.trade("Buy", "0.2")
        waiting = asyncio.create_task(gap(events))
        await asyncio.sleep(5)
        assert not waiting.done()
        proxy.swallows = False
        proxy.cut()
        assert (await waiting).since is not None
        order_id = account.trade("Buy", "0.3")
        assert (await execution(events)).order_id == order_id
    await exchange.close()


async def test_a_silent_server_is_noticed_by_its_pings_alone(account: BybitAccount) -> None:
    proxy, exchange = proxied(account)
    async with aclosing(exchange.stream()) as events:
        await gap(events)
        proxy.swallows = True
        waiting = asyncio.create_task(gap(events))
        await asyncio.sleep(3.5)
        proxy.swallows = False
        assert (await waiting).since is not None
    await exchange.close()


async def test_a_server_that_is_away_for_longer_than_pybit_would_try() -> None:
    venue = new_venue(start=to_ms(START))
    async with PaperBybit(venue) as paper:
        credentials = paper.control.create_account()
        exchange = BybitExchange(settings_of(paper, credentials))
        events = exchange.stream()
        await gap(events)
    waiting = asyncio.create_task(gap(events))
    await asyncio.sleep(4)
    assert not waiting.done()
    async with PaperBybit(venue, port=int(paper.url.rsplit(":", 1)[1])):
        assert (await waiting).since is not None
        paper.control.trade_by_hand(credentials.uid, "BTCUSDT", "Buy", Decimal("0.1"))
        assert (await execution(events)).exec_qty == Decimal("0.1")
        await events.aclose()
    await exchange.close()


async def test_a_stream_may_be_closed_while_it_connects(account: BybitAccount) -> None:
    proxy, exchange = proxied(account)
    proxy.swallows = True
    waiting = asyncio.create_task(anext(exchange.stream()))
    await asyncio.sleep(0.5)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    proxy.swallows = False
    proxy.cut()
    await exchange.close()


async def test_two_streams_of_one_account_hear_the_same(account: BybitAccount) -> None:
    other = BybitExchange(account.settings())
    async with aclosing(account.exchange.stream()) as one, aclosing(other.stream()) as two:
        await gap(one)
        await gap(two)
        account.trade("Buy", "0.1")
        assert await execution(one) == await execution(two)
    await other.close()


async def test_the_gap_is_in_the_venues_time(account: BybitAccount) -> None:
    async with aclosing(account.exchange.stream()) as events:
        await gap(events)
        account.control.disconnect_streams()
        since = (await gap(events)).since
        assert since is not None
        assert abs(to_ms(since) - to_ms(START)) < 10_000
