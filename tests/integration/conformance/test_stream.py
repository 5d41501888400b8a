"""What every Exchange says as it happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal

import pytest

from reconcile.errors import ExchangeRefusedError
from reconcile.exchange import Gap, Lost, StreamEvent
from reconcile.values import Execution, Order, Unreadable
from tests.integration.conformance.subjects import Subject


async def following(events: AsyncIterator[StreamEvent]) -> StreamEvent:
    async with asyncio.timeout(20):
        return await anext(events)


async def next_execution(events: AsyncIterator[StreamEvent]) -> Execution:
    while True:
        event = await following(events)
        if isinstance(event, Execution):
            return event


async def test_a_gap_comes_first_and_then_what_happens(subject: Subject) -> None:
    async with aclosing(subject.exchange.stream()) as events:
        gap = await following(events)
        assert isinstance(gap, Gap)
        assert gap.since is None
        order_id = subject.trade("Buy", "0.3")
        seen = [await following(events), await following(events)]
    (execution,) = [one for one in seen if isinstance(one, Execution)]
    (order,) = [one for one in seen if isinstance(one, Order)]
    assert (execution.order_id, execution.exec_qty) == (order_id, Decimal("0.3"))
    assert (execution.category, execution.symbol) == (subject.category, subject.symbol)
    assert order.order_id == order_id


async def test_an_execution_is_the_same_by_both_ways(subject: Subject) -> None:
    since = subject.now()
    async with aclosing(subject.exchange.stream()) as events:
        await following(events)
        subject.trade("Buy", "0.3")
        streamed = await next_execution(events)
    subject.pass_time(timedelta(seconds=1))
    asked = subject.exchange.executions(subject.category, since, subject.now())
    (fetched,) = [one async for window in asked for one in window.items]
    assert streamed == fetched


async def test_after_an_interruption_a_gap_tells_since_when(subject: Subject) -> None:
    async with aclosing(subject.exchange.stream()) as events:
        await following(events)
        subject.trade("Buy", "0.1")
        await next_execution(events)
        before = subject.now()
        subject.interrupt()
        missed = subject.trade("Buy", "0.2")
        event = await following(events)
        while not isinstance(event, Gap):
            event = await following(events)
        assert event.since is not None
        assert event.since <= before + timedelta(seconds=2)
        subject.pass_time(timedelta(seconds=30))
        asked = subject.exchange.executions(subject.category, min(event.since, before), subject.now())
        assert missed in [one.order_id async for window in asked for one in window.items]
        after = subject.trade("Sell", "0.3")
        assert (await next_execution(events)).order_id in {missed, after}


async def test_an_unknown_type_is_quarantined(subject: Subject) -> None:
    async with aclosing(subject.exchange.stream()) as events:
        await following(events)
        subject.report_unknown()
        event = await following(events)
        assert isinstance(event, Unreadable)
        assert event.exec_type == "SomethingNew"
        subject.trade("Buy", "0.1")
        await next_execution(events)


async def test_an_unknown_key_is_refused(subject: Subject) -> None:
    stranger = subject.stranger()
    async with aclosing(stranger.stream()) as events:
        with pytest.raises(ExchangeRefusedError):
            await following(events)
    await stranger.close()


async def test_an_interruption_is_told_before_its_gap(subject: Subject) -> None:
    async with aclosing(subject.exchange.stream()) as events:
        assert isinstance(await following(events), Gap)
        subject.interrupt()
        assert isinstance(await following(events), Lost)
        assert isinstance(await following(events), Gap)
