"""Adding up, in memory that does not grow with the number of trades."""

import heapq
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Generic, TypeVar

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.explaining import Part
from reconcile.history.legacy.report import Moment, Tally, Totals
from reconcile.history.legacy.values import ZERO

T = TypeVar("T")


class Sums:
    """The totals of some books of one coin. In `exactly()`."""

    def __init__(self, settle_coin: str) -> None:
        self._coin = settle_coin
        self._counts = dict.fromkeys(("old_trades", "exits", "agreeing", "turned"), 0)
        self._old = self._ours = self._off = ZERO
        self._causes: dict[Cause, Tally] = {}

    def add(
        self, *, old: Decimal | None, ours: Decimal | None, rows: int, is_exit: bool, parts: Sequence[Part]
    ) -> None:
        """One exit of the ledger with the rows that stand for it, or rows without one."""
        amount = (old or ZERO) - (ours or ZERO)
        self._old += old or ZERO
        self._ours += ours or ZERO
        self._off += abs(amount)
        self._counts["old_trades"] += rows
        self._counts["exits"] += is_exit
        self._counts["agreeing"] += is_exit and all(part.cause is Cause.ROUNDING for part in parts)
        self._counts["turned"] += bool(old and ours and (old > 0) != (ours > 0))
        for part in parts:
            self._count(part.cause, Tally(1, part.amount, abs(part.amount)))

    def merge(self, totals: Totals) -> None:
        """Another book's."""
        self._old += totals.old
        self._ours += totals.ours
        self._off += totals.off
        for name in self._counts:
            self._counts[name] += getattr(totals, name)
        for cause, tally in totals.causes.items():
            self._count(cause, tally)

    def _count(self, cause: Cause, tally: Tally) -> None:
        so_far = self._causes.get(cause, Tally(0, ZERO, ZERO))
        self._causes[cause] = Tally(
            so_far.count + tally.count, so_far.amount + tally.amount, so_far.absolute + tally.absolute
        )

    def totals(self) -> Totals:
        """What was added, the causes in the order of what they come to."""
        ordered = sorted(self._causes.items(), key=lambda item: (-item[1].absolute, item[0].value))
        return Totals(
            settle_coin=self._coin,
            old=self._old,
            ours=self._ours,
            difference=self._old - self._ours,
            off=self._off,
            causes=dict(ordered),
            **self._counts,
        )


class Course:
    """P&L by the hour. In `exactly()`."""

    def __init__(self) -> None:
        self._hours: dict[datetime, tuple[Decimal, Decimal]] = {}

    def add(self, time: datetime, old: Decimal | None, ours: Decimal | None) -> None:
        """What was booked at a moment."""
        hour = time.replace(minute=0, second=0, microsecond=0)
        before = self._hours.get(hour, (ZERO, ZERO))
        self._hours[hour] = before[0] + (old or ZERO), before[1] + (ours or ZERO)

    def moments(self) -> tuple[Moment, ...]:
        """The running sums, oldest first."""
        old = ours = ZERO
        found = []
        for hour, (more_old, more_ours) in sorted(self._hours.items()):
            old, ours = old + more_old, ours + more_ours
            found.append(Moment(hour, old, ours))
        return tuple(found)


class Largest(Generic[T]):
    """The items with the largest weights, of each kind apart; of equal ones those that came first."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._heaps: dict[str, list[tuple[Decimal, int, T]]] = {}
        self.seen = 0

    def add(self, kind: str, weight: Decimal, item: T) -> None:
        """Keeps it, unless so many larger ones of its kind are there."""
        self.seen += 1
        heap = self._heaps.setdefault(kind, [])
        entry = (weight, -self.seen, item)
        if self._most is None or len(heap) < self._most:
            heapq.heappush(heap, entry)
        elif self._most:
            heapq.heappushpop(heap, entry)

    def items(self) -> list[T]:
        """The largest of each kind first, then the second of each; as many in all as there may be of one kind."""
        ranked = [sorted(heap, key=lambda entry: entry[:2], reverse=True) for _, heap in sorted(self._heaps.items())]
        in_turn = (entry for rank in zip_longest(*ranked) for entry in rank if entry is not None)
        return [item for _, _, item in islice(in_turn, self._most)]
