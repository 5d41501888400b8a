"""What a reconciliation would do, found out without writing anything."""

from dataclasses import dataclass
from datetime import datetime

from ledger.database import AsyncDatabase
from ledger.errors import InvalidInputError
from ledger.settings import Settings
from reconcile.bybit import BybitExchange
from reconcile.bybit.crawler import split
from reconcile.startup.comparing import compare
from reconcile.startup.importing import EXECUTIONS
from reconcile.startup.report import ComparedLine
from reconcile.startup.snapshot import Snapshot, read_wallet
from reconcile.startup.store import Store


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A range that is not proven fetched, in the windows in which it would be asked for."""

    category: str
    since: datetime
    until: datetime
    windows: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be fetched, and both sides as they are before it. Times are UTC, `at` is the exchange's."""

    account: str
    at: datetime
    gaps: list[Gap]
    lines: list[ComparedLine]


def require_kept(since: datetime | None, earliest: datetime, at: datetime) -> None:
    """Raises InvalidInputError unless `since` is in the past and the exchange keeps what happened then."""
    if since is not None and not earliest <= since < at:
        raise InvalidInputError("since", since.isoformat(), f"between {earliest.isoformat()} and now, {at.isoformat()}")


async def plan(
    settings: Settings, exchange: BybitExchange, account_id: int, account: str, since: datetime | None
) -> Plan:
    """Asks both sides; the ledger's books may lack what the gaps hold.

    Raises ExchangeError, InvalidInputError for a `since` that the exchange does not keep any more or that is to come.
    """
    at = await exchange.server_time()
    earliest = exchange.earliest(at)
    require_kept(since, earliest, at)
    database = AsyncDatabase(settings)
    try:
        store = Store(database, account_id)
        gaps = [
            Gap(category=category, since=first, until=last, windows=len(list(split(first, last))))
            for category in exchange.categories
            for first, last in await store.uncovered(EXECUTIONS, category, since or earliest, at)
        ]
        positions = [line for category in exchange.categories for line in await exchange.positions(category)]
        wallet, no_wallet = await read_wallet(exchange)
        if no_wallet is not None and await store.trades_spot():
            raise no_wallet
        lines = compare(await store.lines(), Snapshot(at, at, tuple(positions), wallet), exchange.categories)
    finally:
        await database.close()
    return Plan(account=account, at=at, gaps=gaps, lines=lines)
