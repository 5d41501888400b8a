"""An account that does not hold still while it is reconciled."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from tests.reconciling import open_desk


async def test_a_snapshot_is_of_a_moment_that_no_execution_crossed(database_url: str, redis_url: str) -> None:
    async with open_desk(database_url, redis_url, start=None) as desk:
        done = asyncio.Event()

        async def trade() -> None:
            number = 0
            while not done.is_set():
                number += 1
                desk.account.trade("Sell" if number % 3 == 0 else "Buy", "0.01")
                await asyncio.sleep(0.3)

        trader = asyncio.create_task(trade())
        reports = []
        since = desk.account.now() - timedelta(days=1)
        for _ in range(6):
            reports.append(await desk.reconcile(since=since))
        done.set()
        await trader
        last = await desk.reconcile(since=since)
    assert last.ok
    assert desk.agrees()
    assert all(report.ok and report.lines[0].difference == 0 for report in reports)
    assert sum((line.venue_qty for line in last.lines), Decimal(0)) == sum(desk.books().values())
