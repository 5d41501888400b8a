"""What every Exchange says of the past: windows that are whole, in order, and each row once."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

import pytest

from ledger.errors import InvalidInputError
from reconcile.errors import ExchangeUnavailableError
from reconcile.values import Execution, Window
from tests.integration.conformance.subjects import Subject

V = TypeVar("V")
MS = timedelta(milliseconds=1)
DAY = timedelta(days=1)


async def executions(subject: Subject, since: datetime, until: datetime) -> list[Window[Execution]]:
    return [window async for window in subject.exchange.executions(subject.category, since, until)]


def ids(windows: list[Window[Execution]]) -> list[str]:
    return [one.exec_id for window in windows for one in window.items]


async def test_windows_cover_the_range_without_a_gap(subject: Subject) -> None:
    since = subject.now()
    for _ in range(4):
        subject.trade("Buy", "0.1")
        subject.pass_time(timedelta(days=5, hours=7))
    until = subject.now()
    windows = await executions(subject, since, until)
    assert windows[0].since == since
    assert windows[-1].until == until
    assert all(before.until == after.since for before, after in pairwise(windows))
    assert all(window.until - window.since <= subject.span for window in windows)
    assert all(window.since <= one.exec_time < window.until for window in windows for one in window.items)
    assert len(set(ids(windows))) == 4
    assert all(window.requests > 0 for window in windows)


async def test_twenty_days_are_three_windows_and_two_years_a_hundred_and_five(subject: Subject) -> None:
    until = await subject.exchange.server_time()
    assert len(await executions(subject, until - 20 * DAY, until)) == 3
    windows = await executions(subject, subject.exchange.earliest(until), until)
    assert len(windows) == 105
    assert until - windows[0].since > timedelta(days=729)


async def test_the_start_is_included_and_the_end_is_not(subject: Subject) -> None:
    moment = subject.now()
    subject.trade("Buy", "0.1")
    subject.pass_time(timedelta(seconds=5))
    assert len(ids(await executions(subject, moment, moment + MS))) == 1
    assert ids(await executions(subject, moment - DAY, moment)) == []
    assert ids(await executions(subject, moment + MS, moment + 2 * MS)) == []
    assert len(ids(await executions(subject, moment - MS / 2, moment + MS / 2))) == 1


async def test_an_empty_range_has_no_windows(subject: Subject) -> None:
    now = subject.now()
    assert await executions(subject, now - DAY, now - DAY) == []
    assert await executions(subject, now - DAY, now - 2 * DAY) == []


async def test_many_pages_give_each_execution_once_and_oldest_first(subject: Subject) -> None:
    since = subject.now()
    for number in range(250):
        subject.trade("Buy" if number % 3 else "Sell", "0.01")
        if number % 50 == 0:
            subject.pass_time(timedelta(milliseconds=1))
    subject.pass_time(timedelta(seconds=1))
    windows = await executions(subject, since, subject.now())
    found = [one for window in windows for one in window.items]
    assert len(found) == len({one.exec_id for one in found}) == 250
    order = [(one.exec_time, one.seq or 0, one.exec_id) for one in found]
    assert order == sorted(order)
    assert sum(one.exec_qty if one.side == "Buy" else -one.exec_qty for one in found) == Decimal("0.82")
    assert all(one.raw for one in found)


async def test_executions_of_one_symbol(subject: Subject) -> None:
    since = subject.now()
    subject.trade("Buy", "0.1")
    subject.pass_time(timedelta(seconds=1))
    for symbol, count in ((subject.symbol, 1), (subject.other_symbol, 0)):
        asked = subject.exchange.executions(subject.category, since, subject.now(), symbol)
        assert sum([len(window.items) async for window in asked]) == count


async def test_funding_is_told_from_a_trade(subject: Subject) -> None:
    since = subject.now()
    subject.trade("Buy", "0.5")
    subject.pass_time(timedelta(hours=8))
    subject.charge_funding()
    subject.pass_time(timedelta(seconds=1))
    (window,) = await executions(subject, since, subject.now())
    trade, funding = window.items
    assert (trade.exec_type, trade.exec_qty) == ("Trade", Decimal("0.5"))
    assert (funding.exec_type, funding.exec_qty) == ("Funding", Decimal("0.5"))
    assert funding.fee > 0


async def test_an_unknown_type_is_kept_and_the_rest_applied(subject: Subject) -> None:
    since = subject.now()
    subject.trade("Buy", "0.1")
    subject.report_unknown()
    subject.trade("Buy", "0.2")
    subject.pass_time(timedelta(seconds=1))
    (window,) = await executions(subject, since, subject.now())
    assert [one.exec_qty for one in window.items] == [Decimal("0.1"), Decimal("0.2")]
    (unreadable,) = window.unreadable
    assert unreadable.exec_type == "SomethingNew"
    assert unreadable.symbol == subject.symbol
    assert unreadable.exec_id
    assert unreadable.raw


async def test_what_has_not_happened_or_is_not_kept_is_not_proven(subject: Subject) -> None:
    now = await subject.exchange.server_time()
    with pytest.raises(InvalidInputError, match="until"):
        await executions(subject, now - DAY, now + DAY)
    with pytest.raises(InvalidInputError, match="since"):
        await executions(subject, subject.exchange.earliest(now) - DAY, now)
    with pytest.raises(InvalidInputError, match="since"):
        await executions(subject, (now - DAY).replace(tzinfo=None), now)


async def test_a_window_that_fails_is_void_and_those_before_it_stand(subject: Subject) -> None:
    since = subject.now()
    for _ in range(3):
        subject.trade("Buy", "0.1")
        subject.pass_time(subject.span)
    until = await subject.exchange.server_time()
    subject.break_down(after=1)
    asked = subject.exchange.executions(subject.category, since, until)
    whole = await anext(aiter(asked))
    with pytest.raises(ExchangeUnavailableError) as failure:
        await anext(aiter(asked))
    assert len(whole.items) == 1
    assert failure.value.since == whole.until
    assert failure.value.until == until
    subject.recover()
    assert len(ids(await executions(subject, whole.until, until))) == 2


async def test_closed_pnl_agrees_with_the_fills(subject: Subject) -> None:
    since = subject.now()
    subject.trade("Buy", "0.5")
    subject.pass_time(timedelta(hours=1))
    closing = subject.trade("Sell", "0.2")
    subject.pass_time(timedelta(seconds=1))
    until = subject.now()
    rows = [row async for w in subject.exchange.closed_pnl(subject.category, since, until) for row in w.items]
    (row,) = rows
    assert (row.order_id, row.closed_qty) == (closing, Decimal("0.2"))
    assert row.open_fee is not None
    assert row.close_fee is not None
    assert row.closed_pnl == row.exit_value - row.entry_value - row.open_fee - row.close_fee


async def test_orders_by_window_and_by_id(subject: Subject) -> None:
    since = subject.now()
    first = subject.trade("Buy", "0.5")
    subject.pass_time(timedelta(days=3))
    second = subject.trade("Sell", "0.2")
    subject.pass_time(timedelta(minutes=1))
    until = subject.now()
    found = [one async for w in subject.exchange.orders(subject.category, since, until) for one in w.items]
    assert [one.order_id for one in found] == [first, second]
    assert [one.cum_exec_qty for one in found] == [Decimal("0.5"), Decimal("0.2")]
    asked = await subject.exchange.orders_by_id(subject.category, [second, "none-such", second])
    assert [one.order_id for one in asked] == [second]
    assert await subject.exchange.orders_by_id(subject.category, []) == ()


async def test_an_old_order_is_found_by_its_id(subject: Subject) -> None:
    since = subject.now()
    order_id = subject.trade("Buy", "0.5")
    subject.pass_time(3 * subject.span)
    asked = await subject.exchange.orders_by_id(subject.category, [order_id, "none-such"], since)
    assert [one.order_id for one in asked] == [order_id]


async def test_the_coin_of_a_fee_is_said_by_the_execution_the_order_or_the_rule(subject: Subject) -> None:
    since = subject.now()
    order_id = subject.trade("Buy", "0.1")
    subject.pass_time(timedelta(seconds=1))
    exchange = subject.exchange
    (execution,) = [one for window in await executions(subject, since, subject.now()) for one in window.items]
    (instrument,) = await exchange.instruments(subject.category, [subject.symbol])
    orders = await exchange.orders_by_id(subject.category, [order_id])
    silent = replace(execution, fee_currency=None)
    order = replace(orders[0], fees={"THIRD": Decimal(1)})
    assert exchange.fee_currency(replace(execution, fee_currency="SAID")) == "SAID"
    assert exchange.fee_currency(silent, order, instrument) == "THIRD"
    assert exchange.fee_currency(silent, replace(order, fees={}), instrument) == instrument.settle_coin
    assert exchange.fee_currency(silent, None, instrument) == instrument.settle_coin
    assert exchange.fee_currency(silent) is None
