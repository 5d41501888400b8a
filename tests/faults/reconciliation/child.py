"""The process that is killed: one reconciliation."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledger import AsyncLedgerClient
from reconcile import ReconciliationReport, reconcile_positions_on_startup
from reconcile.bybit import BybitExchange, load_settings


@dataclass(frozen=True)
class Call:
    """Everything that a reconciliation of the account takes."""

    bot: str
    account: str
    database_url: str
    redis_url: str
    api_key: str
    api_secret: str
    url: str
    categories: tuple[str, ...]
    since: datetime | None
    on_unexplained: Literal["report", "raise", "adjust"]


async def reconcile(call: Call) -> ReconciliationReport:
    """Reconciles as a bot does that starts."""
    settings = load_settings(
        prefix="NOTHING_IS_NAMED_SO_",
        api_key=call.api_key,
        api_secret=call.api_secret,
        endpoint=call.url,
        categories=call.categories,
    )
    exchange = BybitExchange(settings)
    client = AsyncLedgerClient(call.bot, account=call.account, database_url=call.database_url, redis_url=call.redis_url)
    try:
        return await reconcile_positions_on_startup(
            call.bot, client, exchange, since=call.since, on_unexplained=call.on_unexplained, settle=0.01
        )
    finally:
        await client.close()
        await exchange.close()


def run(call: Call) -> None:
    """The process."""
    logging.disable(logging.CRITICAL)
    asyncio.run(reconcile(call))
