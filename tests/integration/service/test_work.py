"""What the service does again and again for an account, each part by itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledger import AsyncLedgerClient
from ledger.database import AsyncDatabase
from ledger.session import EXTERNAL
from reconcile.bybit import BybitExchange
from reconcile.errors import ExchangeError, WrongAccountError
from reconcile.paper.faults import HttpFault
from reconcile.service.alerts import Alerts
from reconcile.service.metrics import Metrics
from reconcile.service.settings import ServiceSettings
from reconcile.service.status import AccountStatus, ServiceStatus
from reconcile.service.work import Desk as Served
from reconcile.service.work import Work
from reconcile.startup.store import Store
from tests.bybit_account import START, settings_of
from tests.following import until
from tests.integration.service.test_alerts import Receiver, receiving
from tests.reconciling import BOT, Desk


@dataclass
class Bench:
    """The work, and all that it touches."""

    desk: Desk
    served: Served
    work: Work
    receiver: Receiver
    soon: list[float]

    @property
    def status(self) -> AccountStatus:
        return self.served.status

    async def told(self, count: int) -> list[str]:
        """The titles of all alerts, once there are so many."""
        await until(lambda: len(self.receiver.titles) >= count)
        return self.receiver.titles

    def rendered(self) -> str:
        return self.served.metrics.render()[0].decode()


@asynccontextmanager
async def bench_of(desk: Desk, exchange: BybitExchange | None = None, **settings: Any) -> AsyncIterator[Bench]:
    async with (
        receiving() as receiver,
        AsyncLedgerClient(
            EXTERNAL, account="bybit:main:paper", database_url=desk.database_url, redis_url=desk.redis_url
        ) as client,
        Alerts([receiver.url], repeat_after=3600, per_hour=1000) as alerts,
    ):
        database = AsyncDatabase(client.settings)
        whole = ServiceStatus(started_at=datetime.now(UTC))
        account = AccountStatus(name="main", venue="bybit", environment="paper", leading=True)
        whole.accounts["main"] = account
        served = Served(
            ServiceSettings(since=START, **settings),
            exchange or desk.account.exchange,
            exchange or desk.account.exchange,
            Store(database, await client.register()),
            client,
            account,
            Metrics(whole),
            alerts,
        )
        soon: list[float] = []
        yield Bench(desk, served, Work(served, soon.append), receiver, soon)
        await database.close()


@pytest.fixture
async def bench(desk: Desk) -> AsyncIterator[Bench]:
    async with bench_of(desk) as one:
        yield one


async def test_a_reconciliation_is_in_status_and_metrics(bench: Bench) -> None:
    bench.desk.order("Buy", "0.3")
    assert await bench.work.reconcile() == "ok: imported 1 Trade; 0 for a person to decide"
    status = bench.status
    assert (status.reconciliation, status.reason, status.problems) == ("ok", None, {})
    assert status.residual == 0
    assert status.reconciled_at is not None
    assert status.may_withdraw is False
    assert 'fifoledger_request_budget_left{account="main"}' in bench.rendered()
    assert bench.receiver.titles == []
    assert bench.soon == []


async def test_findings_are_told_once_and_again_when_they_change(bench: Bench) -> None:
    control, uid = bench.desk.account.control, bench.desk.account.uid

    def report() -> None:
        control.report_execution(uid, "BTCUSDT", "SomethingNew", side="Buy", qty=Decimal(1), price=Decimal(60_000))
        control.advance(1000)

    report()
    assert (await bench.work.reconcile()).startswith("findings: ")
    assert bench.status.problems == {"quarantined": 1}
    assert await bench.told(1) == ["main: to decide: 1 quarantined"]
    await bench.work.reconcile()
    report()
    await bench.work.reconcile()
    assert await bench.told(2) == ["main: to decide: 1 quarantined", "main: to decide: 2 quarantined"]


async def test_a_degraded_run_is_told_and_repeated_soon(bench: Bench) -> None:
    await bench.work.reconcile()
    bench.desk.account.control.break_http(HttpFault("status", code=502, times=None))
    for _ in range(2):
        assert (await bench.work.reconcile()).startswith("degraded: ")
    assert bench.soon == [2.0, 4.0]
    assert "502" in (bench.status.reason or "")
    assert await bench.told(1) == ["main: the reconciliation is degraded"]
    bench.desk.account.control.heal()
    await bench.work.reconcile()
    assert (bench.status.reconciliation, bench.status.reason) == ("ok", None)
    bench.desk.account.control.break_http(HttpFault("status", code=502, times=None))
    await bench.work.reconcile()
    assert bench.soon == [2.0, 4.0, 2.0]
    assert len(await bench.told(2)) == 2


async def test_the_equity_is_kept(bench: Bench) -> None:
    assert (await bench.work.equity()).endswith(" USD")
    (row,) = bench.desk.rows("service/equity")
    wallet = await bench.desk.account.exchange.wallet()
    assert row["equity"] == wallet.equity
    balances = {coin: Decimal(one["quantity"]) for coin, one in row["balances"].items()}
    assert balances == {b.coin: b.quantity for b in wallet.balances}
    bench.desk.account.control.break_http(HttpFault("status", code=502, path="/v5/account/wallet-balance", times=None))
    with pytest.raises(ExchangeError):
        await bench.work.equity()
    assert len(bench.desk.rows("service/equity")) == 1


async def test_silent_bots_are_told_until_they_beat_again(desk: Desk) -> None:
    await desk.registered("never_beats")
    async with bench_of(desk, silent_after=0.5) as bench:
        assert await bench.work.heartbeats() == "0 of 0 silent"
        for number in (1, 2):
            await desk.client.heartbeat()
            assert await bench.work.heartbeats() == "0 of 1 silent"
            await asyncio.sleep(0.6)
            for _ in range(2):
                assert await bench.work.heartbeats() == f"1 of 1 silent: {BOT}"
            assert await bench.told(number) == [f"main: bot {BOT} is silent"] * number


async def test_instruments_follow_the_venue(bench: Bench) -> None:
    bench.desk.order("Buy", "0.3")
    await bench.work.reconcile()
    assert await bench.work.instruments() == "1 known, 0 changed"
    before = bench.desk.rows("service/instruments")
    bench.desk.rows("service/other_tick_size")
    assert bench.desk.rows("service/instruments") != before
    assert await bench.work.instruments() == "1 known, 1 changed"
    assert bench.desk.rows("service/instruments") == before
    assert await bench.work.instruments() == "1 known, 0 changed"


async def test_all_books_are_proven(bench: Bench) -> None:
    await bench.desk.trade("Buy", "0.3")
    bench.desk.account.trade("Buy", "0.1")
    await bench.work.reconcile()
    assert await bench.work.verify() == "2 books, 0 differences"
    assert bench.receiver.titles == []


@pytest.mark.tampers
async def test_what_differs_from_the_journal_is_told(bench: Bench) -> None:
    await bench.desk.trade("Buy", "0.3")
    bench.desk.rows("service/tamper")
    line = await bench.work.verify()
    assert line.startswith("1 books, ")
    assert not line.endswith(" 0 differences")
    assert await bench.told(1) == ["main: stored books differ from their journal"]


async def test_old_objects_are_forgotten_and_fills_are_not_touched(desk: Desk) -> None:
    control, uid = desk.account.control, desk.account.uid
    desk.order("Buy", "0.3")
    control.report_execution(uid, "BTCUSDT", "SomethingNew", side="Buy", qty=Decimal(1), price=Decimal(60_000))
    async with bench_of(desk, keep_raw_days=3650) as bench:
        for _ in range(2):
            await bench.work.reconcile()
            desk.order("Buy", "0.1")
        await desk.reconcile()
        fills = desk.everything()["fills"]
        assert await bench.work.retention() == "0 orders, 0 quarantined, 0 runs"
        before = desk.rows("service/kept")[0]
        desk.rows("service/age")
        assert await bench.work.retention() == "0 orders, 0 quarantined, 2 runs"
        desk.rows("service/decide")
        assert await bench.work.retention() == f"{before['orders']} orders, 1 quarantined, 0 runs"
        after = desk.rows("service/kept")[0]
        assert (after["orders"], after["quarantined"], after["runs"]) == (0, 0, 1)
        assert desk.everything()["fills"] == fills
        assert await bench.work.retention() == "0 orders, 0 quarantined, 0 runs"
        assert (await desk.reconcile()).status == "ok"


async def test_a_key_of_another_account_feeds_nothing(desk: Desk) -> None:
    desk.order("Buy", "0.3")
    async with bench_of(desk) as bench:
        await bench.work.reconcile()
    other = BybitExchange(settings_of(desk.account.paper, desk.account.control.create_account(), categories="linear"))
    before = desk.everything()
    async with bench_of(desk, other) as bench:
        works: list[Callable[[], Any]] = [bench.work.reconcile, bench.work.equity, bench.work.instruments]
        for work in works:
            with pytest.raises(WrongAccountError, match=f"{desk.account.uid}, but the key is of"):
                await work()
    await other.close()
    assert desk.everything() == before


async def test_a_key_that_may_withdraw_is_told(desk: Desk) -> None:
    key = desk.account.control.create_key(desk.account.uid, withdraw=True)
    exchange = BybitExchange(settings_of(desk.account.paper, key, categories="linear"))
    async with bench_of(desk, exchange) as bench:
        await bench.work.equity()
        assert bench.status.may_withdraw is True
        assert await bench.told(1) == ["main: the key may withdraw"]
        assert key.api_key not in json.dumps(bench.receiver.messages)
    await exchange.close()
