"""P&L against the venue's closed P&L, from flat to flat: there FIFO and the venue's moving average must agree.

Source: Bybit's V5 reference, "Get Closed PnL". Whether it counts funding is disputed, so both residuals are tried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from ledger.database import Rows
from reconcile.exchange import Exchange
from reconcile.startup.importing import cover
from reconcile.startup.report import ComparedCycle, Finding
from reconcile.startup.store import Store
from reconcile.values import ClosedPnl

CLOSED_PNL = "closed_pnl"
Compared = tuple[str, datetime, datetime, datetime]  # category, since, until, the venue's now
_CATEGORIES = ("linear", "inverse")
_ROUNDED = Decimal("1e-8")  # the venue states each of its values so
# A venue lists the P&L of an order some time after its executions. What is missing after this long is a difference.
LISTED_AFTER = timedelta(minutes=10)


@dataclass
class _Cycle:
    row: dict[str, Any]
    orders: set[str]
    first_end: datetime  # of those that were joined

    def joined(self, other: "_Cycle") -> "_Cycle":
        """One order closed in both: the venue's figure for it cannot be split."""
        row = {**self.row, "until": other.row["until"]}
        for name in ("fills", "net", "funding", "closed"):
            row[name] += other.row[name]
        return _Cycle(row, self.orders | other.orders, self.first_end)

    def listed(self, by_order: Mapping[str, Sequence[ClosedPnl]]) -> list[ClosedPnl]:
        """What the venue lists of its orders."""
        return [one for key in sorted(self.orders) for one in by_order.get(key, ()) if one.symbol == self.row["symbol"]]

    def is_pending(self, listed: Sequence[ClosedPnl], now: datetime) -> bool:
        """Whether the venue does not list all of it yet."""
        until: datetime = self.row["until"]
        return _closed(listed) != self.row["closed"] and until > now - LISTED_AFTER


async def compare_cycles(
    exchange: Exchange, store: Store, since: datetime | None, now: datetime
) -> tuple[list[ComparedCycle], list[Finding], int, list[Compared]]:
    """The cycles that ended since they were last compared, and what does not agree.

    What the venue lists only in part yet is left to the next run. Answers as well the requests that it took, and what
    is to be stated as compared once the findings are stored: not before, or a run that is killed would hide them.
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
            for cycle in _joined(rows):
                listed = cycle.listed(by_order)
                if cycle.is_pending(listed, now):
                    until = min(until, cycle.first_end)
                    continue
                compared.append(_compared(cycle.row, listed))
                if compared[-1].fitted is None:
                    findings.append(_residual(compared[-1], cycle.row["closed"], _closed(listed)))
        ranges.append((category, gaps[0][0], until, now))
    return compared, findings, requests, ranges


async def add_compared(store: Store, ranges: Sequence[Compared]) -> None:
    """States the P&L of these ranges as compared."""
    for category, since, until, now in ranges:
        await cover(store, CLOSED_PNL, category, (since, until), now)


def _joined(rows: Rows) -> Sequence[_Cycle]:
    cycles: list[_Cycle] = []
    for row in rows:
        cycle = _Cycle(row, set(row["order_ids"]), row["until"])
        last = cycles[-1] if cycles else None
        same = last is not None and all(last.row[name] == row[name] for name in ("symbol", "position_idx"))
        if last is not None and same and last.orders & cycle.orders:
            cycles[-1] = last.joined(cycle)
        else:
            cycles.append(cycle)
    return cycles


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
