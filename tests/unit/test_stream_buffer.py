"""What waits to be booked: nothing is lost, and what does not fit is fetched instead."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reconcile.exchange import Gap
from reconcile.stream.buffer import Batch, Buffer
from reconcile.values import Execution


def told(exec_id: str) -> Execution:
    return Execution(
        category="linear",
        symbol="BTCUSDT",
        side="Buy",
        exec_id=exec_id,
        exec_type="Trade",
        exec_price=Decimal(1),
        exec_qty=Decimal(1),
        exec_time=datetime(2026, 1, 1, tzinfo=UTC),
        fee=Decimal(0),
    )


def ids(batch: Batch) -> list[str | None]:
    return [one.exec_id for one in batch.news if isinstance(one, Execution)]


def test_all_is_taken_once_and_in_order() -> None:
    buffer = Buffer()
    for name in "ab":
        buffer.put(told(name))
    assert [buffer.is_filled, buffer.is_bookable] == [True, True]
    first = buffer.take()
    assert (first.gap, ids(first)) == (False, ["a", "b"])
    assert [buffer.is_filled, buffer.is_bookable] == [False, False]
    assert ids(buffer.take()) == []


def test_what_could_not_be_booked_comes_before_what_came_meanwhile() -> None:
    buffer = Buffer()
    buffer.put(told("a"))
    taken = buffer.take()
    buffer.put(Gap(None))
    buffer.put(told("b"))
    buffer.put_back(taken)
    assert not buffer.is_bookable
    again = buffer.take()
    assert (again.gap, ids(again)) == (True, ["a", "b"])


def test_what_does_not_fit_becomes_a_gap() -> None:
    buffer = Buffer(most=2)
    for name in "abc":
        buffer.put(told(name))
    taken = buffer.take()
    assert (taken.gap, ids(taken)) == (True, ["c"])
    buffer.put(told("d"))
    buffer.put_back(Batch(news=[told("e"), told("f")]))
    assert buffer.take().gap


async def test_a_gap_alone_wakes_who_waits() -> None:
    buffer = Buffer()
    waiting = asyncio.create_task(buffer.filled())
    await asyncio.sleep(0)
    assert not waiting.done()
    buffer.put(Gap(None))
    async with asyncio.timeout(1):
        await waiting


@pytest.mark.parametrize("gap", [False, True])
def test_a_gap_lasts_through_being_put_back(gap: bool) -> None:
    buffer = Buffer()
    buffer.put_back(Batch(gap, [told("a")]))
    assert buffer.take().gap is gap
