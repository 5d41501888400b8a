"""The past straight from the exchange, by the reconciler's own crawler, rules of ownership and coverage."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ledger.database import AsyncDatabase
from ledger.session import EXTERNAL
from ledger.settings import Settings
from ledger.verify import BookFilter, BookResult, Verifier
from reconcile.exchange import Exchange
from reconcile.startup.booking import Booker
from reconcile.startup.client import RunClient
from reconcile.startup.identity import identify
from reconcile.startup.importing import Importer
from reconcile.startup.lock import account_lock
from reconcile.startup.report import Finding
from reconcile.startup.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """Every execution read was booked, is a duplicate, or waits for a person: the three add up to `read`.

    `booked_by_type` counts what is new. `refused` says of those in quarantine why; `findings` are contradictions, which
    the next reconciliation reports, too. `books` are those that something came into.
    """

    account: str
    since: datetime
    until: datetime
    windows: int
    requests: int
    read: int
    booked: int
    duplicates: int
    rejected: int
    booked_by_type: Mapping[str, int]
    refused: tuple[str, ...]
    findings: tuple[Finding, ...]
    books: tuple[int, ...]
    seconds: float


async def fetch_history(exchange: Exchange, settings: Settings, since: datetime | None = None) -> FetchReport:
    """Books every execution from `since` on that is not proven fetched; default: all that the exchange keeps.

    The account is `settings.account`. Interrupted, the next call goes on behind the last window. Nothing is compared:
    that is a reconciliation's work.

    Raises ExchangeError (what was booked stays), PermissionDeniedError, WrongAccountError, DatabaseUnavailableError.
    """
    started = time.monotonic()
    async with RunClient(EXTERNAL, settings) as client:
        account_id = await client.register()
        database = AsyncDatabase(client.settings)
        try:
            store = Store(database, account_id)
            bots = await store.allowed_bots("history is written for all bots of the account")
            booker = Booker(exchange, store, client, bots)
            importer = Importer(exchange, store, booker)
            async with account_lock(client.settings, account_id):
                account = (await store.account()).name
                await identify(exchange, store, account)
                now = await exchange.server_time()
                before = await _ends(store)
                await booker.prepare()
                await importer.run(since, now)
                after = await _ends(store)
        finally:
            await database.close()
    booked = booker.booked
    conflicts = sum(finding.kind == "conflicting_fill" for finding in booked.findings)
    rejected = len(booked.refused) + importer.unreadable + conflicts
    return FetchReport(
        account=account,
        since=since or exchange.earliest(now),
        until=now,
        windows=importer.windows,
        requests=importer.requests,
        read=importer.read,
        booked=booked.imported.total(),
        duplicates=importer.read - booked.imported.total() - rejected,
        rejected=rejected,
        booked_by_type=dict(sorted(booked.imported.items())),
        refused=tuple(booked.refused),
        findings=tuple(booked.findings),
        books=tuple(book_id for book_id, end in after.items() if before.get(book_id) != end),
        seconds=time.monotonic() - started,
    )


async def _ends(store: Store) -> dict[int, tuple[int, int]]:
    """How far the journals of each book go."""
    return {line.book_id: (line.book_seq, line.cash_seq) for line in await store.lines()}


def prove(settings: Settings, report: FetchReport) -> list[BookResult]:
    """Verifies the books that something came into; answers those that are not proven."""
    with Verifier(settings) as verifier:
        books = [book for book in verifier.books(BookFilter(account=report.account)) if book.book_id in report.books]
        return [result for result in verifier.run(books) if not result.ok]
