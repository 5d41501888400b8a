"""P&L against the venue's closed P&L, from flat to flat: there FIFO and the venue's moving average must agree.

Source: Bybit's V5 reference, "Get Closed PnL". Whether it counts funding is disputed, so both residuals are tried.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from reconcile.exchange import Exchange
from reconcile.startup.importing import SETTLED_AFTER, cover
from reconcile.startup.report import ComparedCycle, Finding
from reconcile.startup.store import Store
from reconcile.values import ClosedPnl

CLOSED_PNL = "closed_pnl"
Compared = tuple[str, datetime, datetime]  # category, since, now
_CATEGORIES = ("linear", "inverse")
_ROUNDED = Decimal("1e-8")  # the venue states each of its values so


async def compare_cycles(
    exchange: Exchange, store: Store, since: datetime | None, now: datetime
) -> tuple[list[ComparedCycle], list[Finding], int, list[Compared]]:
    """The cycles that ended since they were last compared, and what does not agree.

    Answers as well the requests that it took, and what is to be stated as compared once the findings are stored: not
    before, or a run that is killed would hide them. Raises ExchangeError.
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
        if rows:
            first = max(min(row["since"] for row in rows), exchange.earliest(now))
            by_order: dict[str, list[ClosedPnl]] = {}
            async for window in exchange.closed_pnl(category, first, now):
                requests += window.requests
                for one in window.items:
                    by_order.setdefault(one.order_id, []).append(one)
            for row in rows:
                _compare(row, by_order, now, compared, findings)
        ranges.append((category, gaps[0][0], now))
    return compared, findings, requests, ranges


async def add_compared(store: Store, ranges: Sequence[Compared]) -> None:
    """States the P&L of these ranges as compared."""
    for category, since, now in ranges:
        await cover(store, CLOSED_PNL, category, (since, now), now)


def _compare(
    row: Mapping[str, Any],
    by_order: Mapping[str, Sequence[ClosedPnl]],
    now: datetime,
    compared: list[ComparedCycle],
    findings: list[Finding],
) -> None:
    listed = [one for order_id in row["order_ids"] for one in by_order.get(order_id, ()) if one.symbol == row["symbol"]]
    # The venue lists it later than the execution; what stands for a whole order has its average price only, and what
    # executions leave of that is not what they leave of its value. The next run looks again.
    if row["until"] > now - SETTLED_AFTER and (not listed or row["awaits_executions"]):
        return
    venue = sum((one.closed_pnl for one in listed), Decimal(0))
    tolerance = _ROUNDED * (row["fills"] + len(listed))
    result = ComparedCycle(
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
    compared.append(result)
    if result.fitted is None:
        findings.append(_residual(result))


def _fitted(residual: Decimal, funding: Decimal, tolerance: Decimal) -> Literal["none", "funding"] | None:
    if abs(residual) <= tolerance:
        return "none"
    return "funding" if abs(residual + funding) <= tolerance else None


def _residual(cycle: ComparedCycle) -> Finding:
    return Finding(
        kind="pnl_residual",
        rule="from flat to flat, net P&L = the venue's closed P&L, with funding or without",
        category=cycle.category,
        symbol=cycle.symbol,
        position_idx=cycle.position_idx,
        ledger={"net_pnl": f"{cycle.ledger_net:f}", "funding": f"{cycle.funding:f}"},
        venue={
            "closed_pnl": f"{cycle.venue_pnl:f}",
            "since": cycle.since.isoformat(),
            "until": cycle.until.isoformat(),
        },
    )
