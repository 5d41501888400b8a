"""What every Exchange says of the present, and that it never takes a failure for an answer."""

from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from reconcile.errors import ExchangeRefusedError, ExchangeUnavailableError
from reconcile.exchange import Exchange
from tests.integration.conformance.subjects import Subject


async def test_it_is_an_exchange(subject: Subject) -> None:
    assert isinstance(subject.exchange, Exchange)
    assert subject.exchange.venue
    assert subject.category in subject.exchange.categories


async def test_the_venues_time(subject: Subject) -> None:
    before = await subject.exchange.server_time()
    assert before.tzinfo is UTC
    assert abs(before - subject.now()) < timedelta(seconds=2)
    subject.pass_time(timedelta(days=40))
    assert timedelta(days=40) <= await subject.exchange.server_time() - before < timedelta(days=40, minutes=1)


async def test_open_lines_and_asked_lines(subject: Subject) -> None:
    assert await subject.exchange.positions(subject.category) == ()
    subject.trade("Sell", "0.3")
    (line,) = await subject.exchange.positions(subject.category)
    assert (line.symbol, line.side, line.size, line.signed_qty) == (
        subject.symbol,
        "Sell",
        Decimal("0.3"),
        Decimal("-0.3"),
    )
    assert line.avg_price
    asked = await subject.exchange.positions(subject.category, [subject.symbol, subject.other_symbol])
    assert {one.symbol: one.size for one in asked} == {subject.symbol: Decimal("0.3"), subject.other_symbol: 0}
    flat = next(one for one in asked if not one.size)
    assert (flat.side, flat.avg_price) == ("", None)


async def test_a_closed_line_is_flat(subject: Subject) -> None:
    subject.trade("Buy", "0.3")
    subject.trade("Sell", "0.3")
    assert await subject.exchange.positions(subject.category) == ()
    (line,) = await subject.exchange.positions(subject.category, [subject.symbol])
    assert line.size == 0


async def test_a_failure_is_never_flat_or_empty(subject: Subject) -> None:
    subject.trade("Buy", "0.3")
    await subject.exchange.positions(subject.category)
    subject.break_down()
    with pytest.raises(ExchangeUnavailableError):
        await subject.exchange.positions(subject.category)
    with pytest.raises(ExchangeUnavailableError):
        await subject.exchange.wallet()
    subject.recover()
    assert len(await subject.exchange.positions(subject.category)) == 1


async def test_a_snapshot_that_fails_midway_is_void(subject: Subject) -> None:
    subject.trade("Buy", "0.3")
    await subject.exchange.positions(subject.category)
    subject.break_down(after=1)
    with pytest.raises(ExchangeUnavailableError):
        await subject.exchange.positions(subject.category, [subject.symbol, subject.other_symbol])


async def test_wallet_and_instruments(subject: Subject) -> None:
    wallet = await subject.exchange.wallet()
    assert wallet.equity is not None
    assert wallet.equity > 0
    assert any(balance.owned > 0 for balance in wallet.balances)
    every = {one.symbol: one for one in await subject.exchange.instruments(subject.category)}
    assert {subject.symbol, subject.other_symbol} <= set(every)
    (one,) = await subject.exchange.instruments(subject.category, [subject.symbol])
    assert one == every[subject.symbol]
    assert one.settle_coin
    assert one.qty_step
    assert one.tick_size


async def test_permissions(subject: Subject) -> None:
    permissions = await subject.exchange.permissions()
    assert permissions.uid
    assert not permissions.may_withdraw


async def test_an_unknown_key_is_refused_at_once(subject: Subject) -> None:
    stranger = subject.stranger()
    with pytest.raises(ExchangeRefusedError):
        await stranger.positions(subject.category)
    with pytest.raises(ExchangeRefusedError):
        await stranger.wallet()
    await stranger.close()
