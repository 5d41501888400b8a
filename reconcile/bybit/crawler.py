"""Walks a range of time in windows that Bybit allows, each of them whole or not at all.

Source: Bybit's V5 reference: at most 7 days between startTime and endTime, both always given, both inclusive; rows come
newest first, and those of the same millisecond in no order.
"""

import json
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from ledger.errors import InvalidInputError
from reconcile.bybit.calls import Caller, Span
from reconcile.bybit.clock import VenueClock
from reconcile.bybit.endpoints import Endpoint
from reconcile.bybit.pages import all_rows
from reconcile.bybit.times import from_ms, to_ms
from reconcile.errors import ExchangeUnavailableError
from reconcile.values import Unreadable, Window

V = TypeVar("V")

LONGEST = timedelta(days=7)
RETENTION = timedelta(days=730)  # executions, closed P&L and orders with fills: two years
_AHEAD = timedelta(seconds=1)


@dataclass(frozen=True)
class Walk(Generic[V]):
    """How one endpoint's rows are read, told apart and ordered."""

    endpoint: Endpoint
    read: Callable[[Any, str, str], V | Unreadable]
    identity: Callable[[V], Hashable]
    order: Callable[[V], Any]


class Crawler:
    """Walks ranges of time, window by window, oldest first."""

    def __init__(self, caller: Caller, clock: VenueClock) -> None:
        self._caller = caller
        self._clock = clock

    async def windows(
        self, walk: Walk[V], category: str, since: datetime, until: datetime, filters: Sequence[dict[str, str]] = ({},)
    ) -> AsyncGenerator[Window[V], None]:
        """The windows of [since, until). Each is asked once for every one of `filters`.

        Raises InvalidInputError for a range that the venue does not keep or that has not happened yet: an empty answer
        to it would prove nothing. When a window fails, ExchangeUnavailableError names all from its start to `until`;
        the windows given before it stand. It is raised, too, where the venue's clock was set back behind `until`.
        """
        await self._check(walk.endpoint, since, until)
        for start, end in split(since, until):
            rows: list[Any] = []
            requests = 0
            for chosen in filters:
                more, pages = await all_rows(
                    self._caller,
                    walk.endpoint,
                    {"category": category, "startTime": to_ms(start), "endTime": to_ms(end) - 1, **chosen},
                    Span(start, until),
                )
                rows += more
                requests += pages
            items, unreadable = sorted_out(walk, rows, category)
            yield Window(since=start, until=end, items=items, unreadable=unreadable, requests=requests)

    async def _check(self, endpoint: Endpoint, since: datetime, until: datetime) -> None:
        for name, value in (("since", since), ("until", until)):
            if value.tzinfo is None:
                raise InvalidInputError(name, value, "a time with a zone")
        if not self._clock.known or until > self._clock.now() + _AHEAD:
            await self._caller.synchronise()
        now = self._clock.now()
        if until > now + _AHEAD:
            if until <= self._clock.latest() + _AHEAD:  # not the caller's mistake; it catches up
                problem = f"the venue's clock was set back to {now:%Y-%m-%d %H:%M:%S}"
                raise ExchangeUnavailableError(endpoint.path, problem, since=since, until=until)
            raise InvalidInputError("until", until, f"in the past at the venue, where it is {now}")
        if since < now - RETENTION:
            raise InvalidInputError("since", since, f"not before {now - RETENTION}: the venue keeps 2 years")


def split(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[since, until) in pieces of at most 7 days, on whole milliseconds inside."""
    start = since
    while to_ms(start) < to_ms(until):
        end = min(from_ms(to_ms(start)) + LONGEST, until)
        yield start, end
        start = end


def sorted_out(walk: Walk[V], rows: Iterable[Any], category: str) -> tuple[tuple[V, ...], tuple[Unreadable, ...]]:
    """The rows as values, each once, oldest first; and those that cannot be read, each once."""
    items: dict[Hashable, V] = {}
    unreadable: dict[str, Unreadable] = {}
    for row in rows:
        value = walk.read(row, category, walk.endpoint.path)
        if isinstance(value, Unreadable):
            unreadable.setdefault(json.dumps(value.raw, sort_keys=True, default=str), value)
        else:
            items.setdefault(walk.identity(value), value)
    return tuple(sorted(items.values(), key=walk.order)), tuple(unreadable.values())
