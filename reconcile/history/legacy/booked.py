"""One book: each exit with what the earlier system booked for it, and why the two differ."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconcile.history.legacy.carrying import Limits, carry_on
from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.costing import Fill, exits_of
from reconcile.history.legacy.explaining import Part
from reconcile.history.legacy.finding import Finding, explained
from reconcile.history.legacy.matching import Match, close_to, match
from reconcile.history.legacy.values import ZERO, Book, LegacyTrade

Fills = Callable[[], Iterable[Fill]]  # reads them anew, in exchange order
_MOST_PLACES = 8  # numbers with more decimals were not rounded for people
_LEAST_PLACES = 2


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a book; `left_out` counts the ledger's exits outside the time that is compared."""

    findings: Sequence[Finding]
    left_out: int


def findings_of(
    book: Book,
    *,
    fills: Fills,
    trades: Sequence[LegacyTrade],
    since: datetime | None,
    until: datetime | None,
    tolerance: timedelta,
) -> Found:
    """Compares one book. In `exactly()`.

    Args:
        book: the line.
        fills: reads the fills that count.
        trades: all of the earlier system's, in the order of their exits.
        since: what the caller wants compared begins here. Without it each trade is compared, and each exit of the
            ledger from the book's own `since` on: before, the earlier system did not work for the bot.
        until: where it ends, in the same way.
        tolerance: see `match()`.
    """
    matching = match(exits_of(book, fills()), trades, tolerance)
    period = _Period(book, since, until)
    chosen = [one for one in matching.matches if period.has(one)]
    places = _places(trades)
    found = [_finding(book, one, places) for one in chosen]
    found += [
        Finding(book, None, (trade,), (), None, (Part(Cause.UNKNOWN, trade.pnl),))
        for trade in matching.unknown
        if period.asked_for(trade.exit_time)
    ]
    carry_on(book, fills, found, chosen, Limits(places, tolerance))
    return Found(found, len(matching.matches) - len(chosen))


@dataclass(frozen=True, slots=True)
class _Period:
    """The time that is compared."""

    book: Book
    since: datetime | None
    until: datetime | None

    def asked_for(self, time: datetime) -> bool:
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)

    def has(self, one: Match) -> bool:
        if one.trades or one.repeats:
            return self.asked_for(one.exit.time)
        before = self.since is None and one.exit.time < self.book.since
        after = self.until is None and one.exit.time > self.book.until
        return self.asked_for(one.exit.time) and not before and not after


def _places(trades: Iterable[LegacyTrade]) -> int | None:
    """To how many decimals an earlier system rounded, by the numbers that it has; None where it did not."""
    most = _LEAST_PLACES
    for trade in trades:
        exponent = trade.pnl.normalize().as_tuple().exponent
        most = max(most, -exponent if isinstance(exponent, int) else 0)
    return most if most <= _MOST_PLACES else None


def _finding(book: Book, one: Match, places: int | None) -> Finding:
    made = Finding(book, one.exit, tuple(one.trades), tuple(one.repeats), None, ())
    repeated = sum((trade.pnl for trade in one.repeats), ZERO)
    of_repeats = (Part(Cause.DUPLICATE, repeated),) if one.repeats else ()
    difference = made.amount - repeated
    if one.exit.net is None:
        own: tuple[Part, ...] = (Part(Cause.UNPRICED, difference),) if one.trades else ()
    elif not one.trades:
        own = (Part(Cause.MISSING, difference),)
    elif difference == 0:
        own = ()
    elif not close_to(one.quantity, one.exit.quantity):
        own = (Part(Cause.QUANTITY, difference),)
    else:
        return explained(made, one, places, (), of_repeats)
    return replace(made, parts=(*own, *of_repeats))
