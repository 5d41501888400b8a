"""What the venue has of a range of time, window by window, the next one asked for while one is booked."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Generic, Self, TypeVar

from reconcile.exchange import Exchange
from reconcile.values import Execution, Order, Window

V = TypeVar("V")
Gap = tuple[str, datetime, datetime]  # category, since, until
# Bybit keeps closed orders for 7 days, and only those with fills for longer.
_UNFILLED_KEPT = timedelta(days=8)


class _Ahead(Generic[V]):
    """Windows as they come. One is asked for before it is wanted, and no more than one."""

    def __init__(self, windows: AsyncIterator[Window[V]]) -> None:
        self._windows = windows
        self._next: asyncio.Task[Window[V] | None] | None = None

    def begin(self) -> "asyncio.Task[Window[V] | None]":
        """Asks for the next one, if it is not asked for yet."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask())
        return self._next

    async def __aiter__(self) -> AsyncIterator[Window[V]]:
        while (window := await self.begin()) is not None:
            self._next = None
            self.begin()
            yield window

    async def close(self, *, cancelled: bool) -> None:
        """Waits for what is asked for and was not wanted any more; gives it up for whoever is cancelled."""
        if self._next is not None:
            if cancelled:
                self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)

    async def _ask(self) -> Window[V] | None:
        return await anext(self._windows, None)


class Walk:
    """One gap: its executions, and the orders made in it, as far as they can be of any.

    An order that is no longer new and was never filled is not kept by the venue: of a long time without executions no
    order is asked for, unless one of a later execution may be among them.
    """

    def __init__(self, exchange: Exchange, gap: Gap, recent: datetime) -> None:
        self.category, self._since, self._until = gap
        self._exchange = exchange
        self._recent = recent
        self._asked_from = self._until  # orders made before are not asked for
        self._orders: list[_Ahead[Order]] = []
        self.executions: _Ahead[Execution] = _Ahead(exchange.executions(*gap))

    def begin(self) -> None:
        """Asks for the first window of executions; and of orders, if these are to be read whatever is found."""
        self.executions.begin()
        if self._since >= self._recent and not self._orders:
            self._ask_for_orders(self._since)

    async def orders(self, window: Window[Execution]) -> AsyncIterator[Window[Order]]:
        """The orders made since the beginning of the first window that has executions, or is recent; once."""
        if not self._orders and (window.items or window.unreadable or window.until > self._recent):
            self._ask_for_orders(window.since)
        async for orders in self._unread():
            yield orders

    async def earlier_orders(self) -> AsyncIterator[Window[Order]]:
        """Those made before; once."""
        if self.has_earlier_orders:
            self._ask_for_orders(self._since)
        async for orders in self._unread():
            yield orders

    @property
    def has_earlier_orders(self) -> bool:
        """Whether there is a time before of which no orders were asked for."""
        return self._asked_from > self._since

    async def close(self, *, cancelled: bool) -> None:
        """Waits for what is asked for; gives it up for whoever is cancelled."""
        for orders in self._orders:
            await orders.close(cancelled=cancelled)
        await self.executions.close(cancelled=cancelled)

    def _ask_for_orders(self, since: datetime) -> None:
        asked = _Ahead(self._exchange.orders(self.category, since, self._asked_from))
        asked.begin()
        self._orders.append(asked)
        self._asked_from = since

    async def _unread(self) -> AsyncIterator[Window[Order]]:
        if self._orders:
            async for orders in self._orders[-1]:
                yield orders


class Walks:
    """The walks of all gaps, one after the other; the first of each category is begun at once."""

    def __init__(self, exchange: Exchange, gaps: Iterable[Gap], now: datetime) -> None:
        self._walks = [Walk(exchange, gap, now - _UNFILLED_KEPT) for gap in gaps]

    async def __aenter__(self) -> Self:
        for walk in {walk.category: walk for walk in reversed(self._walks)}.values():
            walk.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cancelled = isinstance(error, asyncio.CancelledError)
        for walk in self._walks:
            await walk.close(cancelled=cancelled)

    async def __aiter__(self) -> AsyncIterator[Walk]:
        for walk in self._walks:
            walk.begin()
            yield walk
