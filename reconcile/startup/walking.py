"""What the venue has of a range of time, window by window, the next one asked for while one is booked."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from types import TracebackType
from typing import Generic, Self, TypeVar

from reconcile.exchange import Exchange
from reconcile.values import Execution, Order, Window

V = TypeVar("V")
Gap = tuple[str, datetime, datetime]  # category, since, until


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
    """One gap: the orders made in it, and its executions."""

    def __init__(self, exchange: Exchange, gap: Gap) -> None:
        self.category, since, until = gap
        self.orders: _Ahead[Order] = _Ahead(exchange.orders(self.category, since, until))
        self.executions: _Ahead[Execution] = _Ahead(exchange.executions(self.category, since, until))

    def begin(self) -> None:
        """Asks for the first window of both."""
        self.orders.begin()
        self.executions.begin()


class Walks:
    """The walks of all gaps, one after the other; the first of each category is begun at once."""

    def __init__(self, exchange: Exchange, gaps: Iterable[Gap]) -> None:
        self._walks = [Walk(exchange, gap) for gap in gaps]

    async def __aenter__(self) -> Self:
        for walk in {walk.category: walk for walk in reversed(self._walks)}.values():
            walk.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cancelled = isinstance(error, asyncio.CancelledError)
        for walk in self._walks:
            await walk.orders.close(cancelled=cancelled)
            await walk.executions.close(cancelled=cancelled)

    async def __aiter__(self) -> AsyncIterator[Walk]:
        for walk in self._walks:
            walk.begin()
            yield walk
