"""The first run reads two years: as fast as the venue allows, and no order that cannot be of any execution."""

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from ledger import AsyncLedgerClient
from reconcile import ReconciliationReport, reconcile_positions_on_startup
from tests.facts_venue import DAY, KEY, OF_THE_KEY, READS, WALLET, FactsVenue, facts_venue, now_ms
from tests.reconciling import BOT

OF_THE_WALLET = {"list": [{"accountType": "UNIFIED", "totalEquity": "1000", "coin": []}]}


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Iterator[FactsVenue]:
    monkeypatch.setenv("BYBIT_CATEGORIES", "linear")
    with facts_venue(results={KEY: OF_THE_KEY, WALLET: OF_THE_WALLET}) as one:
        yield one


async def reconcile(client: AsyncLedgerClient, venue: FactsVenue) -> ReconciliationReport:
    return await reconcile_positions_on_startup(BOT, client, venue.session(), settle=0.03)


async def test_two_years_are_read_as_fast_as_the_venue_allows(
    client: AsyncLedgerClient, venue: FactsVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYBIT_CATEGORIES", "linear,inverse,spot")
    venue.trade(BOT, now_ms() - DAY // 24)
    venue.hold("Buy", "0.1")
    began = time.monotonic()
    report = await reconcile(client, venue)
    took = time.monotonic() - began
    assert report.ok, str(report)
    assert (await client.get_position("BTCUSDT")).size == Decimal("0.1")
    assert venue.most_within(1, READS) <= 50
    assert venue.most_within(5) <= 600
    assert venue.counts()["/v5/execution/list"] >= 3 * 104
    assert venue.counts()["/v5/order/history"] < 12
    assert took < 20  # at ten requests a second a minute


async def test_orders_are_asked_for_where_executions_are(client: AsyncLedgerClient, venue: FactsVenue) -> None:
    now = now_ms()
    venue.trade(BOT, now - 100 * DAY)
    venue.trade(BOT, now - 30 * DAY)
    venue.hold("Buy", "0.2")
    report = await reconcile(client, venue)
    assert report.ok, str(report)
    assert (await client.get_position("BTCUSDT")).size == Decimal("0.2")
    asked = [int(query["startTime"]) for _, path, query in venue.asked if path == "/v5/order/history"]
    assert now - 108 * DAY < min(asked) < now - 100 * DAY
    assert 14 <= len(asked) <= 17


async def test_an_order_may_be_much_older_than_its_first_execution(
    client: AsyncLedgerClient, venue: FactsVenue
) -> None:
    now = now_ms()
    venue.trade(BOT, now - 100 * DAY)
    venue.trade(BOT, now - 60 * DAY, order_at=now - 400 * DAY)
    venue.hold("Buy", "0.2")
    report = await reconcile(client, venue)
    assert report.ok, str(report)
    assert (await client.get_position("BTCUSDT")).size == Decimal("0.2")
