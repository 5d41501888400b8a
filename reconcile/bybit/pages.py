"""Walks the pages of one answer to their end."""

from collections.abc import Mapping
from typing import Any

from reconcile.bybit.calls import Caller, Span
from reconcile.bybit.endpoints import Endpoint
from reconcile.errors import ExchangeUnavailableError


async def all_rows(
    caller: Caller, endpoint: Endpoint, parameters: Mapping[str, Any], span: Span | None = None
) -> tuple[list[Any], int]:
    """Every row of every page, as they came, and the number of pages asked for.

    A cursor is opaque and percent-encoded already, so it goes back exactly as it came. The last page is one without
    rows or without a cursor: some endpoints give a cursor even with the last row.

    Raises ExchangeUnavailableError when the venue gives the same cursor twice, and what `Caller.ask` raises. Then
    nothing of the walk counts.
    """
    rows: list[Any] = []
    asked: set[str] = set()
    cursor = ""
    while True:
        result = await caller.ask(endpoint, span, limit=endpoint.page, cursor=cursor or None, **parameters)
        asked.add(cursor)
        rows += result["list"]
        cursor = result.get("nextPageCursor") or ""
        if not result["list"] or not cursor:
            return rows, len(asked)
        if cursor in asked:
            span = span or Span()
            raise ExchangeUnavailableError(
                endpoint.path, "gave the same cursor twice", since=span.since, until=span.until
            )
