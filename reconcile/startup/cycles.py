"""P&L against the venue's closed P&L, from flat to flat: there FIFO and the venue's moving average must agree.

Source: Bybit's V5 reference, "Get Closed PnL". Whether it counts funding is disputed, so both residuals are tried.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from reconcile.exchange import Exchange
from reconcile.startup.importing import cover
from reconcile.startup.report import ComparedCycle, Finding
from reconcile.startup.store import Store
from reconcile.values import ClosedPnl

CLOSED_PNL = "closed_pnl"
Compared = tuple[str, datetime, datetime, datetime]  # category, since, until, the venue's now
_CATEGORIES = ("linear", "inverse")
_ROUNDED = Decimal("1e-8")  # the venue states each of its values so
# A venue lists executions, and the P&L of orders, some time later. What is missing after this long is a difference.
LISTED_AFTER = timedelta(minutes=10)


async def compare_cycles(
    exchange: Exchange, store: Store, since: datetime | None, now: datetime
) -> tuple[list[ComparedCycle], list[Finding], int, list[Compared]]:
    """The cycles that ended since they were last compared, and what does not agree.

    What is not all there yet, on either side, is left to the next run. Answers as well the requests that it took, and
    what is to be stated as compared once the findings are stored: not before, or a run that is killed would hide them.
    Raises ExchangeError.
    """
    compared: list[ComparedCycle] = []
    ranges: list[Compared] = []
    findings: list[Finding] = []
    requests = 0
    for category in (one for one in exchange.categories if one in _CATEGORIES):
        start = max(since or exchange.earliest(now), exchange.earliest(now))
        gaps = await store.uncovered(CLOSED_PNL, category, start, now)
        if not gaps:
            continue
        rows = await store.rows("flat_cycles", category=category, since=gaps[0][0], until=now)
        until = now
        if rows:
            first = max(min(row["since"] for row in rows), exchange.earliest(now))
            by_order: dict[str, list[ClosedPnl]] = {}
            async for window in exchange.closed_pnl(category, first, now):
                requests += window.requests
                for one in window.items:
                    by_order.setdefault(one.order_id, []).append(one)
            for row in rows:
                listed = [o for key in row["order_ids"] for o in by_order.get(key, ()) if o.symbol == row["symbol"]]
                if _is_pending(row, listed, now):
                    until = min(until, row["until"])
                    continue
                compared.append(_compared(row, listed))
                if compared[-1].fitted is None:
                    findings.append(_residual(compared[-1], row["closed"], _closed(listed)))
        ranges.append((category, gaps[0][0], until, now))
    return compared, findings, requests, ranges


async def add_compared(store: Store, ranges: Sequence[Compared]) -> None:
    """States the P&L of these ranges as compared."""
    for category, since, until, now in ranges:
        await cover(store, CLOSED_PNL, category, (since, until), now)


def _is_pending(row: Mapping[str, Any], listed: Sequence[ClosedPnl], now: datetime) -> bool:
    """Whether the venue does not list all of it yet, or the ledger has only the average of an order's executions.

    What those of them that are known leave of the average is not what they leave of the order's value.
    """
    until: datetime = row["until"]
    return until > now - LISTED_AFTER and (row["awaits_executions"] or _closed(listed) != row["closed"])


def _closed(listed: Sequence[ClosedPnl]) -> Decimal:
    return sum((one.closed_qty for one in listed), Decimal(0))


def _compared(row: Mapping[str, Any], listed: Sequence[ClosedPnl]) -> ComparedCycle:
    venue = sum((one.closed_pnl for one in listed), Decimal(0))
    tolerance = _ROUNDED * (row["fills"] + len(listed))
    return ComparedCycle(
        category=row["category"],
        symbol=row["symbol"],
        position_idx=row["position_idx"],
        since=row["since"],
        until=row["until"],
        orders=len(listed),
        ledger_net=row["net"],
        venue_pnl=venue,
        funding=row["funding"],
        fitted=_fitted(venue - row["net"], row["funding"], tolerance),
    )


def _fitted(residual: Decimal, funding: Decimal, tolerance: Decimal) -> Literal["none", "funding"] | None:
    if abs(residual) <= tolerance:
        return "none"
    return "funding" if abs(residual + funding) <= tolerance else None


def _residual(cycle: ComparedCycle, closed: Decimal, listed: Decimal) -> Finding:
    missing = closed != listed
    return Finding(
        kind="pnl_residual",
        rule="from flat to flat, net P&L = the venue's closed P&L, with funding or without",
        category=cycle.category,
        symbol=cycle.symbol,
        position_idx=cycle.position_idx,
        ledger={
            "net_pnl": f"{cycle.ledger_net:f}",
            "funding": f"{cycle.funding:f}",
            **({"closed_qty": f"{closed.normalize():f}"} if missing else {}),
        },
        venue={
            "closed_pnl": f"{cycle.venue_pnl:f}",
            "since": cycle.since.isoformat(),
            "until": cycle.until.isoformat(),
            **({"closed_qty": f"{listed.normalize():f}"} if missing else {}),
        },
    )
