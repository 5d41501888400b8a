"""Instruments that a bot booked with before anybody knew what the venue says of them."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from reconcile.paper.instruments import Instrument, default_instruments
from tests.following import following, until
from tests.reconciling import BOT, Desk, open_desk

D = Decimal
# Its symbol does not tell its coins: read from it, the base coin would be BTCX.
ODD = Instrument("linear", "BTCX", "BTC", "USDT", "USDT", D("0.001"), D("0.1"))


@pytest.fixture
async def odd(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    """A desk where the bot has booked a fill of a contract whose coins it guessed from the symbol."""
    async with open_desk(database_url, redis_url, instruments=[*default_instruments(), ODD]) as one:
        one.account.control.move_price("BTCX", D(60_000))
        await one.reconcile()
        await one.trade("Buy", "1", symbol="BTCX")
        yield one


async def test_what_the_venue_says_otherwise_is_a_finding_and_the_rest_goes_on(odd: Desk) -> None:
    odd.order("Sell", "0.4", symbol="BTCX")
    odd.order("Buy", "2", symbol="ETHUSDT")
    report = await odd.reconcile()
    (found,) = report.problems
    assert (found.kind, found.category, found.symbol) == ("instrument_conflict", "linear", "BTCX")
    assert (dict(found.ledger), dict(found.venue)) == ({"base_coin": "BTCX"}, {"base_coin": "BTC"})
    assert report.imported == {"Trade": 2}
    assert odd.books() == {(BOT, "BTCX", 0): D("0.6"), (BOT, "ETHUSDT", 0): D(2)}
    assert odd.agrees()
    assert await odd.written_by_a_second_run() == set()
    odd.account.control.advance(600_000)  # BTCX is not read again from now on
    assert (await odd.reconcile()).problems == report.problems
    (row,) = [row for row in odd.rows("reconcile/findings") if row["kind"] == "instrument_conflict"]
    odd.rows("reconcile/resolve", finding_id=row["finding_id"])
    odd.order("Buy", "1", symbol="BTCX")
    assert (await odd.reconcile()).ok


async def test_the_stream_tells_of_it_once_and_books_on(odd: Desk) -> None:
    async with following(odd) as follower:
        for _ in range(2):
            odd.order("Buy", "0.1", symbol="BTCX")
            await until(odd.agrees)
        assert follower.kinds == ["instrument_conflict"]
    assert [f.kind for f in (await odd.reconcile()).problems] == ["instrument_conflict"]
