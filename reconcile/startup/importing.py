"""Every execution that the ledger may lack, over all time that is not proven fetched."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from reconcile.exchange import Exchange
from reconcile.startup.booking import Booker
from reconcile.startup.owners import orders_named
from reconcile.startup.store import Store
from reconcile.startup.walking import Walk, Walks
from reconcile.values import Execution, Order, Unreadable, Window

EXECUTIONS = "executions"
# Venues may list an execution a little after it happened: what is newer than this is read again by the next run.
SETTLED_AFTER = timedelta(seconds=60)
# Less than that of new time is not worth a row: what is fetched at once again is not stated again.
_WORTHWHILE = timedelta(seconds=60)
MILLISECOND = timedelta(milliseconds=1)  # the least step of a venue's time; ranges end before their last moment


class Importer:
    """Fetches and books window by window. A window counts as covered once all of it is in the ledger."""

    def __init__(self, exchange: Exchange, store: Store, booker: Booker) -> None:
        self._exchange = exchange
        self._store = store
        self._booker = booker
        self._unsaid: list[tuple[str, tuple[datetime, datetime], datetime]] = []
        self.windows = 0
        self.requests = 0
        self.read = 0  # executions, those among them that cannot be applied, too
        self.unreadable = 0

    async def run(self, since: datetime | None, now: datetime) -> None:
        """Covers everything up to and with `now`, the venue's time: from `since` on, by default all that it keeps.

        Raises ExchangeError; what was booked before stays booked, and covered.
        """
        start, end = since or self._exchange.earliest(now), now + MILLISECOND
        gaps = [
            (category, *gap)
            for category in self._exchange.categories
            for gap in await self._store.uncovered(EXECUTIONS, category, start, end)
        ]
        with _progress(gaps) as (progress, task):
            async with Walks(self._exchange, gaps, now) as walks:
                async for walk in walks:
                    found = self._found
                    async for window in walk.executions:
                        await self._keep_orders(walk, window)
                        await self._book(walk.category, window)
                        await self._cover(walk.category, window, now, is_told=self._found == found)
                        found = self._found
                        progress.advance(task, (window.until - window.since).total_seconds())

    async def _keep_orders(self, walk: Walk, window: Window[Execution]) -> None:
        """Those of the window's executions, as far as the venue lists them, are there before these are booked."""
        async for orders in walk.orders(window):
            await self._keep(orders)
        if not walk.has_earlier_orders:
            return
        known = await self._store.known_orders(walk.category, orders_named(window.items))
        if not all(order.stored for order in known.values()):
            async for orders in walk.earlier_orders():
                await self._keep(orders)

    async def _keep(self, orders: Window[Order]) -> None:
        self.requests += orders.requests
        await self._booker.keep_orders(orders.items)

    async def _book(self, category: str, window: Window[Execution]) -> None:
        self.requests += window.requests
        self.windows += 1
        self.read += len(window.items) + len(window.unreadable)
        self.unreadable += len(window.unreadable)
        await self._booker.book(category, window.items)
        await self.quarantine(window.unreadable)

    async def _cover(self, category: str, window: Window[Execution], now: datetime, *, is_told: bool) -> None:
        """Not `is_told`: something was found in it, or among its gap's orders, that only the report will say."""
        span = window.since, window.until
        if is_told:
            await cover(self._store, EXECUTIONS, category, span, now)
        else:
            self._unsaid.append((category, span, now))

    @property
    def _found(self) -> int:
        """How much was found that the report says, and nothing else."""
        return len(self._booker.booked.findings) + len(self._booker.booked.insufficient)

    async def said(self) -> None:
        """The report is stored: only now that counts as covered in which something was found for it."""
        for category, span, now in self._unsaid:
            await cover(self._store, EXECUTIONS, category, span, now)
        self._unsaid.clear()

    async def begun_late(self, now: datetime) -> set[str]:
        """The categories of which the venue keeps older executions than were ever imported."""
        earliest, settled = self._exchange.earliest(now), now - SETTLED_AFTER - _WORTHWHILE
        return {
            category
            for category in self._exchange.categories
            if await self._store.uncovered(EXECUTIONS, category, earliest, settled)
        }

    async def quarantine(self, unreadable: Iterable[Unreadable]) -> None:
        """Keeps what cannot be applied; what has no id is told apart by its content."""
        await self._store.quarantine((one, one.exec_id or f"content:{_digest(one)}") for one in unreadable)


async def cover(store: Store, endpoint: str, category: str, span: tuple[datetime, datetime], now: datetime) -> None:
    """States what was fetched completely as proven, but for the newest, where something may still appear."""
    since, until = span
    end = min(until, now - SETTLED_AFTER)
    if end > since and (end == until or end - since >= _WORTHWHILE):
        await store.add_coverage(endpoint, category, since, end)


def _digest(one: Unreadable) -> str:
    return hashlib.sha256(json.dumps(one.raw, sort_keys=True, default=str).encode()).hexdigest()[:32]


@contextmanager
def _progress(gaps: Iterable[tuple[str, datetime, datetime]]) -> Iterator[tuple[Progress, TaskID]]:
    """A bar over the time that is to be covered, where somebody can see it."""
    console = Console(stderr=True)
    console.quiet = not console.is_terminal  # a bar that is disabled may still end with an empty line
    columns = (TextColumn("executions"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        total = sum((last - first).total_seconds() for _, first, last in gaps)
        yield progress, progress.add_task("executions", total=total)
