"""One book: each exit with what the earlier system booked for it, and why the two differ."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.costing import Averaged, Cost, Fill, FirstInFirstOut, Position, exits_of, replayed
from reconcile.history.legacy.explaining import Basis, Explanation, Part, carried, explain
from reconcile.history.legacy.matching import Match, booked_times, close_to, match
from reconcile.history.legacy.values import ZERO, Book, Exit, LegacyTrade

Fills = Callable[[], Iterable[Fill]]  # reads them anew, in exchange order
_MOST_PLACES = 8  # numbers with more decimals were not rounded for people
_LEAST_PLACES = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """An exit of the ledger with the earlier system's rows for it, or rows that stand for none.

    Attributes:
        exit: None where the ledger has none.
        trades: the rows that stand for it.
        repeats: rows that say the same again.
        explanation: how the earlier system came to the P&L of `trades`, where that was found out.
        parts: old − ours by cause; empty where they agree.
    """

    book: Book
    exit: Exit | None
    trades: tuple[LegacyTrade, ...]
    repeats: tuple[LegacyTrade, ...]
    explanation: Explanation | None
    parts: tuple[Part, ...]

    @property
    def is_exit(self) -> bool:
        """Whether the ledger has it."""
        return self.exit is not None

    @property
    def is_unexplained(self) -> bool:
        """Whether a person has to look."""
        return any(part.cause is Cause.UNEXPLAINED for part in self.parts)

    @property
    def rows(self) -> int:
        """Of the earlier system."""
        return len(self.trades) + len(self.repeats)

    @property
    def time(self) -> datetime:
        """When it was closed: by the ledger, else by the earlier system."""
        return self.exit.time if self.exit is not None else self.trades[0].exit_time

    @property
    def old(self) -> Decimal | None:
        """All that the earlier system booked."""
        rows = (*self.trades, *self.repeats)
        return sum((trade.pnl for trade in rows), ZERO) if rows else None

    @property
    def ours(self) -> Decimal | None:
        """What the ledger booked; None, too, where it does not know a price."""
        return self.exit.net if self.exit is not None else None

    @property
    def amount(self) -> Decimal:
        """Old − ours, what is not there counting 0."""
        return (self.old or ZERO) - (self.ours or ZERO)


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
    _carry_on(book, fills, found, chosen, places)
    found += [
        Finding(book, None, (trade,), (), None, (Part(Cause.UNKNOWN, trade.pnl),))
        for trade in matching.unknown
        if period.asked_for(trade.exit_time)
    ]
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
        return _explained(made, one, places, (), of_repeats)
    return replace(made, parts=(*own, *of_repeats))


def _explained(
    made: Finding, one: Match, places: int | None, others: Sequence[Basis], more: tuple[Part, ...]
) -> Finding:
    explanation = explain(made.book, one, places, others)
    if explanation is None:
        rest = made.amount - sum((part.amount for part in more), ZERO)
        return replace(made, parts=(Part(Cause.UNEXPLAINED, rest), *more))
    return replace(made, explanation=explanation, parts=(*explanation.parts, *more))


def _carry_on(book: Book, fills: Fills, found: list[Finding], matches: Sequence[Match], places: int | None) -> None:
    """Tries again what is unexplained, with the position that a system held which had missed or repeated exits."""
    open_ = [n for n, finding in enumerate(found) if finding.is_unexplained]
    if not open_:
        return
    bases: dict[int, list[Basis]] = {n: [] for n in open_}
    wanted = frozenset(fill_id for n in open_ for fill_id in matches[n].exit.fill_ids)
    for costs, averaged in _replays(book, fills, matches, wanted):
        for n in open_:
            one = matches[n].exit
            basis = _basis(book, one, costs, averaged=averaged)
            if basis is not None:
                bases[n].append(basis)
    for n in open_:
        more = tuple(part for part in found[n].parts if part.cause is Cause.DUPLICATE)
        found[n] = _explained(found[n], matches[n], places, bases[n], more)


def _replays(
    book: Book, fills: Fills, matches: Sequence[Match], wanted: frozenset[int]
) -> Iterator[tuple[dict[int, Cost], bool]]:
    tried: list[dict[int, int]] = [{}]
    for repeats in (False, True):
        times = dict(booked_times(matches, repeats=repeats))
        if times in tried:
            continue
        tried.append(times)
        kinds: tuple[tuple[type[Position], bool], ...] = ((FirstInFirstOut, False), (Averaged, True))
        for kind, averaged in kinds:
            yield replayed(book, fills(), kind(), times, wanted), averaged


def _basis(book: Book, one: Exit, costs: dict[int, Cost], *, averaged: bool) -> Basis | None:
    parts = [costs[fill_id] for fill_id in one.fill_ids if fill_id in costs]
    if len(parts) < len(one.fill_ids):
        return None
    values = [part.value for part in parts if part.value is not None]
    value = sum(values, ZERO) if len(values) == len(parts) else None
    return carried(book, one, Cost(value, sum((part.fee for part in parts), ZERO)), averaged=averaged)
