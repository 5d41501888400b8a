"""Which exit of the ledger each trade of an earlier system stands for."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from reconcile.history.legacy.values import Exit, LegacyTrade

# Quantities and prices that differ by less are the same number, written in binary floating point.
_NOISE = Decimal("1e-9")


@dataclass(slots=True)
class Match:
    """An exit, the trades that stand for it, and those that repeat one of them."""

    exit: Exit
    trades: list[LegacyTrade] = field(default_factory=list)
    repeats: list[LegacyTrade] = field(default_factory=list)

    @property
    def quantity(self) -> Decimal:
        """What the earlier system says that was closed."""
        return sum((trade.quantity for trade in self.trades), Decimal(0))


@dataclass(frozen=True, slots=True)
class Matching:
    """Every exit with what stands for it, and the trades that stand for none."""

    matches: list[Match]
    unknown: list[LegacyTrade]


def close_to(one: Decimal, other: Decimal) -> bool:
    """Whether two numbers are the same but for noise."""
    return abs(one - other) <= _NOISE * max(abs(one), abs(other))


def match(exits: Sequence[Exit], trades: Sequence[LegacyTrade], tolerance: timedelta) -> Matching:
    """Trades by the ids of their orders, else by time, side and quantity; each to one exit at most. In `exactly()`."""
    matches = [Match(one) for one in exits]
    left = _by_order(matches, trades)
    for one in matches:
        _set_repeats_aside(one)
    near = _Nearness(matches, tolerance)
    left = [trade for trade in left if not _alone(near, trade, _of_quantity)]
    left = _together(near, left, tolerance)
    left = [trade for trade in left if not _repeated(near, trade)]
    for fits in (_of_price, _of_other_side):
        left = [trade for trade in left if not _alone(near, trade, fits)]
    return Matching(matches, left)


def _by_order(matches: Sequence[Match], trades: Sequence[LegacyTrade]) -> list[LegacyTrade]:
    found: dict[str, list[Match]] = {}
    for one in matches:
        for name in {one.exit.order_id, one.exit.client_order_id} - {None, ""}:
            found.setdefault(str(name), []).append(one)
    left = []
    for trade in trades:
        candidates = found.get(trade.exit_order_id or "") or found.get(trade.exit_client_order_id or "") or []
        if candidates:
            of_side = [one for one in candidates if one.exit.side == trade.side]
            (of_side or candidates)[0].trades.append(trade)
        else:
            left.append(trade)
    return left


def _set_repeats_aside(one: Match) -> None:
    """Those of one order's trades that are there twice, as far as they close more than the order did."""
    excess = one.quantity - one.exit.quantity
    kept: list[LegacyTrade] = []
    for trade in one.trades:
        surplus = excess >= trade.quantity or close_to(excess, trade.quantity)
        if surplus and any(_same(trade, other) for other in kept):
            one.repeats.append(trade)
            excess -= trade.quantity
        else:
            kept.append(trade)
    one.trades = kept


def _same(one: LegacyTrade, other: LegacyTrade) -> bool:
    if one.exit_price is None or other.exit_price is None:
        return close_to(one.quantity, other.quantity)
    return close_to(one.quantity, other.quantity) and close_to(one.exit_price, other.exit_price)


class _Nearness:
    """Exits by the time of their first and of their last execution."""

    def __init__(self, matches: Sequence[Match], tolerance: timedelta) -> None:
        self._tolerance = tolerance
        moments = {(one.exit.time, n) for n, one in enumerate(matches)}
        moments |= {(one.exit.last_time, n) for n, one in enumerate(matches)}
        self._sorted = sorted(moments)
        self._times = [time for time, _ in self._sorted]
        self.matches = matches

    def of(self, time: datetime) -> list[Match]:
        """Those near a moment, the nearest first."""
        first = bisect_left(self._times, time - self._tolerance)
        behind = bisect_right(self._times, time + self._tolerance)
        nearest = sorted(self._sorted[first:behind], key=lambda found: abs(found[0] - time))
        return [self.matches[n] for n in dict.fromkeys(n for _, n in nearest)]

    def first(self, trade: LegacyTrade, fits: Callable[[Match], bool]) -> Match | None:
        """The nearest that fits."""
        return next(filter(fits, self.of(trade.exit_time)), None)


Fits = Callable[[Exit, LegacyTrade], bool]


def _of_quantity(one: Exit, trade: LegacyTrade) -> bool:
    return one.side == trade.side and close_to(one.quantity, trade.quantity)


def _of_price(one: Exit, trade: LegacyTrade) -> bool:
    price = trade.exit_price
    return one.side == trade.side and price is not None and any(close_to(price, real) for real in one.prices)


def _of_other_side(one: Exit, trade: LegacyTrade) -> bool:
    return one.side != trade.side and close_to(one.quantity, trade.quantity)


def _alone(near: _Nearness, trade: LegacyTrade, fits: Fits) -> bool:
    """Whether the trade stands for a near exit that has no trade yet."""
    found = near.first(trade, lambda one: not one.trades and fits(one.exit, trade))
    if found is not None:
        found.trades.append(trade)
    return found is not None


def _together(near: _Nearness, trades: Sequence[LegacyTrade], tolerance: timedelta) -> list[LegacyTrade]:
    """Several trades near one exit whose quantities add up to its."""
    times = [trade.exit_time for trade in trades]
    taken: set[int] = set()
    for one in near.matches if trades else ():
        if one.trades:
            continue
        first = bisect_left(times, one.exit.time - tolerance)
        behind = bisect_right(times, one.exit.last_time + tolerance)
        numbers = [n for n in range(first, behind) if n not in taken and trades[n].side == one.exit.side]
        total = sum((trades[n].quantity for n in numbers), Decimal(0))
        if numbers and close_to(total, one.exit.quantity):
            one.trades = [trades[n] for n in numbers]
            taken.update(numbers)
    return [trade for n, trade in enumerate(trades) if n not in taken]


def _repeated(near: _Nearness, trade: LegacyTrade) -> bool:
    def fits(one: Match) -> bool:
        return one.exit.side == trade.side and any(_same(trade, other) for other in one.trades)

    found = near.first(trade, fits)
    if found is not None:
        found.repeats.append(trade)
    return found is not None


def booked_times(matches: Sequence[Match], *, repeats: bool) -> Iterator[tuple[int, int]]:
    """How often the earlier system booked each closing fill, where that is not once; `repeats`: counting repeats."""
    for one in matches:
        times = 0 if not one.trades else 2 if repeats and one.repeats else 1
        if times != 1:
            for fill_id in one.exit.fill_ids:
                yield fill_id, times
