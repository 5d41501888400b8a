"""What a venue does not have at all: the run goes on where that can do no harm, and says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger import AsyncLedgerClient
from reconcile import ReconciliationReport, reconcile_positions_on_startup
from reconcile.bybit import BybitExchange, load_settings
from reconcile.cli.planning import plan
from tests.facts_venue import DAY, KEY, OF_THE_KEY, WALLET, FactsVenue, facts_venue, now_ms
from tests.reconciling import BOT

OF_THE_WALLET = {"list": [{"accountType": "UNIFIED", "coin": [{"coin": "BTC", "walletBalance": "0.1"}]}]}
REFUSALS = [(404, 10001), (405, 0), (200, 10001), (200, 10005), (200, 10404)]


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Iterator[FactsVenue]:
    monkeypatch.setenv("BYBIT_PATIENCE", "1")
    with facts_venue() as one:
        one.trade(BOT, now_ms() - DAY)
        one.hold("Buy", "0.1")
        yield one


async def reconcile(client: AsyncLedgerClient, venue: FactsVenue, **given: Any) -> ReconciliationReport:
    since = datetime.now(UTC) - timedelta(days=5)
    return await reconcile_positions_on_startup(BOT, client, venue.session(), since=since, settle=0.03, **given)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_what_is_not_offered_and_not_needed_is_gone_without(
    client: AsyncLedgerClient, venue: FactsVenue, refusal: tuple[int, int]
) -> None:
    venue.refusal = refusal
    report = await reconcile(client, venue)
    assert report.ok, str(report)
    assert (await client.get_position("BTCUSDT")).size == Decimal("0.1")
    assert (report.read_only_key, report.may_withdraw) == (None, None)
    assert [note.split(":")[0] for note in report.notes] == [
        "the exchange does not say whose key it is",
        "the exchange has no wallet to read",
    ]
    text = " ".join(str(report).split())  # as wide as the terminal
    assert all(note in text for note in report.notes)
    again = await reconcile(client, venue)
    assert (again.ok, again.run_id, again.notes) == (True, report.run_id, report.notes)


@pytest.mark.parametrize("refusal", [(200, 10003), (200, 10004), (401, 0), (500, 0), (200, 10016)], ids=str)
async def test_a_key_that_is_refused_and_what_only_failed_degrade(
    client: AsyncLedgerClient, venue: FactsVenue, refusal: tuple[int, int]
) -> None:
    venue.results = {WALLET: OF_THE_WALLET}
    venue.refusal = refusal
    report = await reconcile(client, venue)
    assert (report.status, report.imported) == ("degraded", {})
    assert KEY in str(report.reason)


async def test_an_account_whose_id_was_told_is_not_touched_without_it(
    client: AsyncLedgerClient, venue: FactsVenue
) -> None:
    assert (await reconcile(client, venue)).ok
    venue.results = {KEY: OF_THE_KEY}
    report = await reconcile(client, venue)
    assert (report.ok, report.read_only_key, len(report.notes)) == (True, True, 1)
    venue.results = {}
    venue.trade(BOT, now_ms())
    report = await reconcile(client, venue)
    assert (report.status, report.imported) == ("degraded", {})
    assert KEY in str(report.reason)


async def test_with_spot_there_is_no_run_without_the_wallet(client: AsyncLedgerClient, venue: FactsVenue) -> None:
    assert (await reconcile(client, venue)).ok
    venue.trade(BOT, now_ms(), category="spot")
    report = await reconcile(client, venue)
    assert report.status == "degraded"
    assert WALLET in str(report.reason)
    venue.results = {WALLET: OF_THE_WALLET}
    report = await reconcile(client, venue)
    assert report.status == "ok", str(report)
    assert [line.category for line in report.lines] == ["linear", "spot"]


async def test_an_order_of_spot_is_enough(client: AsyncLedgerClient, venue: FactsVenue) -> None:
    venue.trade(BOT, now_ms() - DAY // 2, category="spot")
    venue.executions.pop()
    assert (await reconcile(client, venue)).status == "degraded"


async def test_a_wallet_that_failed_degrades(client: AsyncLedgerClient, venue: FactsVenue) -> None:
    venue.results = {KEY: OF_THE_KEY}
    venue.refusal = (502, 0)
    report = await reconcile(client, venue)
    assert report.status == "degraded"
    assert WALLET in str(report.reason)


async def test_a_dry_run_needs_no_wallet_without_spot(client: AsyncLedgerClient, venue: FactsVenue) -> None:
    await reconcile(client, venue)
    exchange = BybitExchange(load_settings(api_key="key", api_secret="secret", endpoint=venue.url))
    try:
        made = await plan(client.settings, exchange, 1, "main", datetime.now(UTC) - timedelta(days=5))
    finally:
        await exchange.close()
    assert [line.category for line in made.lines] == ["linear"]
