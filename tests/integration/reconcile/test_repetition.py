"""Again, at once, together with others, or after being killed: the same end."""

import asyncio
import threading
from datetime import timedelta
from decimal import Decimal

import pytest

from ledger import AsyncLedgerClient, LedgerClient
from reconcile import ReconciliationReport, reconcile_positions_on_startup_sync
from reconcile.paper.faults import HttpFault
from tests.bybit_account import START
from tests.faults.wire import StatementProxy
from tests.reconciling import BOT, Desk, another_exchange, kinds

D = Decimal


async def eventful(desk: Desk) -> None:
    """A position that was reduced, one that was flipped, a stop, hand-made trades and funding."""
    await desk.trade("Buy", "0.5")
    await desk.trade("Sell", "3", symbol="ETHUSDT")
    desk.order("Sell", "0.2")
    desk.order("Buy", "5", symbol="ETHUSDT")
    desk.account.trade("Sell", "0.1")
    desk.account.control.charge_funding("BTCUSDT", D("0.0001"))
    desk.account.control.report_execution(desk.account.uid, "BTCUSDT", "NewOne", side="Buy", qty=D(1), price=D(1))
    desk.account.control.advance(120_000)


@pytest.mark.parametrize("pause", [0, 300_000])
async def test_a_second_run_writes_no_row(desk: Desk, pause: int) -> None:
    await eventful(desk)
    first = await desk.reconcile()
    desk.account.control.advance(pause)
    before = desk.everything()
    second = await desk.reconcile()
    after = desk.everything()
    if pause:  # only how far the account is covered has moved
        assert len(after.pop("coverage")) == len(before.pop("coverage"))
    assert after == before
    assert (second.run_id, second.imported, second.reused) == (first.run_id, {}, False)
    assert [f.kind for f in second.problems] == [f.kind for f in first.problems] == ["quarantined"]
    (run,) = desk.rows("reconcile/runs")
    assert run["confirmed_at"] is None


async def test_a_run_is_confirmed_once_a_minute_and_for_those_who_wait(desk: Desk) -> None:
    await eventful(desk)
    await desk.reconcile()
    desk.rows("reconcile/age_runs", by="40 s")
    await desk.reconcile()
    assert [run["confirmed_at"] for run in desk.rows("reconcile/runs")] == [None]
    exchanges = [another_exchange(desk) for _ in range(3)]
    reports = await asyncio.gather(*(desk.reconcile(exchange_client=exchange) for exchange in exchanges))
    for exchange in exchanges:
        await exchange.close()
    assert sorted(report.reused for report in reports) == [False, True, True]
    (run,) = desk.rows("reconcile/runs")
    assert run["confirmed_at"] > run["finished_at"]
    desk.rows("reconcile/age_runs", by="61 s")
    await desk.reconcile()
    (again,) = desk.rows("reconcile/runs")
    assert again["confirmed_at"] - run["confirmed_at"] > timedelta(0)


async def test_a_run_that_confirms_the_last_one_says_how_far_it_has_looked(desk: Desk) -> None:
    await desk.trade("Buy", "1")
    first = await desk.reconcile()
    desk.rows("reconcile/age_runs", by="61 s")
    await desk.trade("Sell", "1")
    await desk.trade("Buy", "1")
    second = await desk.reconcile()
    assert second.run_id == first.run_id
    (run,) = desk.rows("reconcile/runs")
    (before,), (after,) = first.journals.values(), run["compared"]["journals"].values()
    assert (before, after) == ((1, 0), [3, 0])


async def test_two_that_start_together_do_the_work_once(desk: Desk) -> None:
    await eventful(desk)
    exchanges = [another_exchange(desk) for _ in range(3)]
    reports = await asyncio.gather(*(desk.reconcile(exchange_client=exchange) for exchange in exchanges))
    for exchange in exchanges:
        await exchange.close()
    assert sorted(report.reused for report in reports) == [False, True, True]
    assert len({report.run_id for report in reports}) == 1
    assert len({str(kinds(report)) for report in reports}) == 1
    worked = [exchange.requests for exchange in exchanges if exchange.requests]
    assert len(worked) == 1
    assert desk.agrees()
    assert len(desk.rows("reconcile/runs")) == 1


def reconcile_blocking(desk: Desk) -> ReconciliationReport:
    with LedgerClient(BOT, database_url=desk.database_url, redis_url=desk.redis_url) as client:
        return reconcile_positions_on_startup_sync(
            bot_id=BOT, db_client=client, exchange_client=desk.account.exchange, redis_db=None, since=START
        )


async def test_the_blocking_twin_inside_and_outside_of_a_running_loop(desk: Desk) -> None:
    desk.order("Buy", "0.5")
    assert kinds(reconcile_blocking(desk)) == [("opened_while_down", BOT)]
    reports: list[ReconciliationReport] = []
    thread = threading.Thread(target=lambda: reports.append(reconcile_blocking(desk)))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert reports[0].ok


async def test_a_session_of_pybit_is_enough(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_CATEGORIES", "linear")
    desk.order("Buy", "0.5")
    report = await desk.reconcile(exchange_client=desk.session)
    assert report.ok
    assert desk.agrees()


async def test_sixty_days_in_one_run_and_nothing_is_fetched_twice(desk: Desk) -> None:
    await desk.trade("Buy", "0.5")
    for day in range(20):
        desk.account.control.advance(3 * 86_400_000)
        desk.order("Sell" if day % 2 else "Buy", "0.1")
    report = await desk.reconcile()
    assert report.ok
    assert desk.agrees()
    assert report.imported == {"Trade": 20}
    days = (desk.account.now() - START).days
    assert report.windows == -(-days // 7)
    covered = {row["endpoint"]: row for row in desk.rows("reconcile/coverage")}["executions"]
    assert (covered["since"], covered["until"]) == (START, desk.account.now() - timedelta(seconds=60))
    again = await desk.reconcile()
    assert again.windows == 1
    assert again.requests < 25 < report.requests


@pytest.mark.parametrize("working", [4, 9, 12, 15])
async def test_an_exchange_that_stops_answering_leaves_a_degraded_report(desk: Desk, working: int) -> None:
    await desk.trade("Buy", "0.5")
    for _ in range(3):
        desk.account.control.advance(6 * 86_400_000)
        desk.order("Buy", "0.1")
    desk.account.control.break_http(HttpFault("status", code=502, skip=working, times=None))
    exchange = another_exchange(desk, patience=0.2)
    report = await desk.reconcile(exchange_client=exchange)
    await exchange.close()
    assert report.status == "degraded"
    assert not report.ok
    assert report.reason
    assert "502" in report.reason
    assert report.restored == [f"{BOT}:linear:BTCUSDT:0"]
    assert report.lines == []
    desk.account.control.heal()
    recovered = await desk.reconcile()
    assert recovered.ok
    assert report.imported_count + recovered.imported_count == 3
    assert desk.agrees()


async def test_a_failed_query_is_never_read_as_flat(desk: Desk) -> None:
    await desk.trade("Buy", "0.5")
    desk.account.control.break_http(HttpFault("timeout", path="/v5/position/list", seconds=3, times=None))
    exchange = another_exchange(desk, patience=0.2, timeout=0.3)
    report = await desk.reconcile(exchange_client=exchange)
    await exchange.close()
    desk.account.control.heal()
    assert (report.status, report.imported, report.findings) == ("degraded", {}, [])
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.5")}


async def test_what_was_found_among_orders_is_read_again_until_a_report_says_it(desk: Desk) -> None:
    order_id = desk.order("Buy", "0.03")
    desk.account.control.advance(60_000)
    desk.rows("reconcile/order", order_id=order_id, qty=D("0.08"))
    covered: list[list[str]] = []

    def look() -> None:
        covered.append([row["endpoint"] for row in desk.rows("reconcile/coverage")])

    account = "bybit:main:paper"
    with StatementProxy(desk.database_url) as proxy:
        proxy.call_before("trading.save_run", look)
        url = proxy.postgres_url(desk.database_url)
        async with AsyncLedgerClient(BOT, account=account, database_url=url, redis_url=desk.redis_url) as client:
            report = await desk.reconcile(db_client=client, since=START)
    assert [finding.kind for finding in report.problems] == ["order_regressed"]
    look()
    before, after = covered
    assert "executions" not in before
    assert "executions" in after
