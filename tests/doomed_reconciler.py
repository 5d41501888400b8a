"""A process that reconciles and may be killed at any moment: arguments are given as JSON."""

import asyncio
import json
import sys

from ledger import AsyncLedgerClient
from reconcile import reconcile_positions_on_startup
from reconcile.bybit import BybitExchange, load_settings
from tests.bybit_account import START


async def main() -> None:
    given = json.loads(sys.argv[1])
    exchange = BybitExchange(load_settings(prefix="NOTHING_IS_NAMED_SO_", **given["exchange"]))
    async with AsyncLedgerClient(given["bot"], database_url=given["database"], redis_url=given["redis"]) as client:
        report = await reconcile_positions_on_startup(given["bot"], client, exchange, since=START, settle=0.03)
    await exchange.close()
    print(report.status)


if __name__ == "__main__":
    asyncio.run(main())
