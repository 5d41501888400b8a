"""PostgreSQL commits, and the answer is lost on its way."""

import asyncio
from decimal import Decimal

import pytest

from ledger import AsyncLedgerClient
from tests.proxy import Proxy, postgres_connector
from tests.reconciling import BOT, Desk, kinds

D = Decimal


@pytest.mark.parametrize("executions", [1, 3])
async def test_what_was_booked_without_an_answer_counts_as_imported(desk: Desk, executions: int) -> None:
    for _ in range(executions):
        desk.order("Buy", "0.1")
    with Proxy(postgres_connector(desk.database_url)) as proxy:
        url = proxy.postgres_url(desk.database_url)
        async with AsyncLedgerClient(BOT, account="main", database_url=url, redis_url=desk.redis_url) as client:
            proxy.cut_after(b'"close_reason"')  # a key that only fills have
            report = await desk.reconcile(db_client=client)
        assert proxy.cuts == 1
    assert report.imported == {"Trade": executions}
    assert kinds(report) == [("opened_while_down", BOT)]
    assert desk.books() == {(BOT, "BTCUSDT", 0): D("0.1") * executions}
    assert (await desk.reconcile()).imported == {}


async def test_what_a_bot_books_meanwhile_is_no_import(desk: Desk) -> None:
    order_id = desk.order("Buy", "0.1")
    with Proxy(postgres_connector(desk.database_url)) as proxy:
        url = proxy.postgres_url(desk.database_url)
        async with AsyncLedgerClient(BOT, account="main", database_url=url, redis_url=desk.redis_url) as client:
            proxy.holds = b'"close_reason"'
            reconciling = asyncio.create_task(desk.reconcile(db_client=client))
            await asyncio.to_thread(proxy.held.wait, 30)
            await desk.record(order_id)
            proxy.holds = None
            proxy.cut()
            report = await reconciling
    assert (report.ok, report.imported, kinds(report)) == (True, {}, [])


async def test_a_run_that_was_stored_without_an_answer_is_stored_once(desk: Desk) -> None:
    desk.order("Buy", "0.1")
    with Proxy(postgres_connector(desk.database_url)) as proxy:
        url = proxy.postgres_url(desk.database_url)
        async with AsyncLedgerClient(BOT, account="main", database_url=url, redis_url=desk.redis_url) as client:
            proxy.cut_after(b'"is_problem"')  # a key that only findings have
            report = await desk.reconcile(db_client=client)
        assert proxy.cuts == 1
    (run,) = desk.rows("reconcile/runs")
    assert run["run_id"] == report.run_id
    assert [found["kind"] for found in desk.rows("reconcile/findings")] == ["opened_while_down"]
