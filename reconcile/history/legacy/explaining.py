"""Why a number of an earlier system is what it is: ways of computing it are tried until one gives it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.costing import Cost
from reconcile.history.legacy.matching import Match, close_to
from reconcile.history.legacy.values import ZERO, Book, Exit

# Of the value of an exit: what binary floating point may have lost on the way, and far less than any commission.
_NOISE = Decimal("1e-9")
_MOST_DEPARTURES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """What one cause adds to the difference."""

    cause: Cause
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Basis:
    """A way of counting the cost.

    Attributes:
        gross: what is earned by it, before commissions.
        entry_fee: the entry's commission in it.
        averaged: whether it takes the average of the position, and not the oldest lots.
        carried: whether the position is that of a system which had missed or repeated exits.
    """

    gross: Decimal
    entry_fee: Decimal
    averaged: bool = False
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Fees:
    """What is taken off for commissions, and what is not."""

    entry: bool = True
    exit: bool = True
    stated: Decimal | None = None  # another amount altogether


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the earlier system came to its number.

    Attributes:
        basis: how it counted the cost.
        exit_price: the price that it took, where that is not the one of the executions.
        fees: what it took off.
        flipped: whether it counted the wrong way around.
        parts: what each departure adds to the difference; together they are it, exactly.
    """

    basis: Basis
    exit_price: Decimal | None
    fees: Fees
    flipped: bool
    parts: tuple[Part, ...]


# What may be taken off, and how far that is from what the exchange charged.
_CHOICES = ((Fees(), 0), (Fees(entry=False), 1), (Fees(exit=False), 1), (Fees(entry=False, exit=False), 1))


def explain(book: Book, one: Match, places: int | None, others: Sequence[Basis] = ()) -> Explanation | None:
    """The explanation with the fewest departures from the truth, the closest of several. In `exactly()`.

    Args:
        book: whose exit it is.
        one: the exit, its price known, and the trades that stand for it.
        places: to how many decimals the earlier system rounded; None where it did not.
        others: ways of counting the cost beside FIFO and the average of the position.

    None where nothing that was tried gives the earlier system's number.
    """
    said = sum((trade.pnl for trade in one.trades), ZERO)
    allowed = allowance(one.exit.proceeds, places, len(one.trades))
    hits = _hits(book, one, (*_bases(one.exit), *others), said, allowed)
    best = min(hits, key=lambda hit: (hit.departures, abs(said - hit.result)), default=None)
    return _explanation(one.exit, best, said) if best else None


def allowance(value: Decimal, places: int | None, rows: int) -> Decimal:
    """How far a number may be from what a computation gives: an exit's value in noise, or what rounding takes."""
    noise = value * _NOISE
    return noise if places is None else max(noise, rows * Decimal(5).scaleb(-places - 1))


@dataclass(frozen=True, slots=True)
class _Hit:
    """A computation that gives the number: `result`; `straight` is the same with the right sign."""

    departures: int
    basis: Basis
    exit_price: Decimal | None
    moved: Decimal  # what the other exit price adds
    fees: Fees
    straight: Decimal
    result: Decimal


def _hits(book: Book, one: Match, bases: Iterable[Basis], said: Decimal, allowed: Decimal) -> Iterator[_Hit]:
    """Runs for every exit that differs, some dozens of computations each: it makes no objects but for hits."""
    stated = _stated_fee(one)
    choices = _CHOICES if stated is None else (*_CHOICES, (Fees(stated=stated), 2))
    prices = ((None, ZERO), *_other_price(book, one))
    least = _MOST_DEPARTURES
    for basis in bases:
        for price, moved in prices:
            gross = basis.gross + moved
            before = basis.averaged + basis.carried + (price is not None)
            for fees, more in choices:
                departures = before + more
                if departures > least:
                    continue
                taken = _taken_off(one.exit, basis, fees)
                straight = gross - taken
                if abs(said - straight) <= allowed:
                    least = departures
                    yield _Hit(departures, basis, price, moved, fees, straight, straight)
                elif departures < least:
                    for result in (-straight, -gross - taken):
                        if abs(said - result) <= allowed:
                            least = departures + 1
                            yield _Hit(departures + 1, basis, price, moved, fees, straight, result)


def _taken_off(one: Exit, basis: Basis, fees: Fees) -> Decimal:
    if fees.stated is not None:
        return fees.stated
    if fees.entry:
        return basis.entry_fee + one.exit_fee if fees.exit else basis.entry_fee
    return one.exit_fee if fees.exit else ZERO


def _bases(one: Exit) -> Iterator[Basis]:
    if one.gross is not None:
        yield Basis(one.gross, one.entry_fee)
    if one.average_gross is not None:
        yield Basis(one.average_gross, one.average_entry_fee, averaged=True)


def carried(book: Book, one: Exit, cost: Cost, *, averaged: bool) -> Basis | None:
    """The basis of a system that held another position; None where a price is not known."""
    if cost.value is None:
        return None
    return Basis(book.gross(one.side, cost.value, one.proceeds), cost.fee, averaged, carried=True)


def _stated_fee(one: Match) -> Decimal | None:
    stated = [trade.commission for trade in one.trades if trade.commission is not None]
    return sum(stated, ZERO) if len(stated) == len(one.trades) else None


def _other_price(book: Book, one: Match) -> Iterator[tuple[Decimal, Decimal]]:
    """The price that the earlier system says it left at, if the order was executed neither there nor so on average."""
    prices = {trade.exit_price for trade in one.trades}
    price = prices.pop()
    if prices or not price or any(close_to(price, real) for real in one.exit.prices):
        return
    value = book.value(one.exit.quantity, price)
    if not close_to(value, one.exit.proceeds):
        yield price, book.gross(one.exit.side, one.exit.proceeds, value)


def _explanation(one: Exit, found: _Hit, said: Decimal) -> Explanation:
    parts = [*_of_basis(one, found), (Cause.PRICE, found.moved), *_of_fees(one, found.fees)]
    flipped = found.result != found.straight
    if flipped:
        parts.append((Cause.SIDE, found.result - found.straight))
    difference = said - (one.net or ZERO)
    return Explanation(found.basis, found.exit_price, found.fees, flipped, _summed(parts, difference))


def _of_basis(one: Exit, found: _Hit) -> Iterator[tuple[Cause, Decimal]]:
    basis = found.basis
    gross, fee = one.gross or ZERO, one.entry_fee
    takes_fee = found.fees.entry and found.fees.stated is None
    if basis.averaged and one.average_gross is not None:
        yield Cause.AVERAGE, one.average_gross - gross
        yield Cause.AVERAGE, fee - one.average_entry_fee if takes_fee else ZERO
        gross, fee = one.average_gross, one.average_entry_fee
    if basis.carried:
        yield Cause.CARRIED, basis.gross - gross
        yield Cause.CARRIED, fee - basis.entry_fee if takes_fee else ZERO


def _of_fees(one: Exit, fees: Fees) -> Iterator[tuple[Cause, Decimal]]:
    if fees.stated is not None:
        yield Cause.OTHER_COMMISSION, one.entry_fee + one.exit_fee - fees.stated
        return
    yield Cause.COMMISSION, ZERO if fees.entry else one.entry_fee
    yield Cause.COMMISSION, ZERO if fees.exit else one.exit_fee


def _summed(parts: Iterable[tuple[Cause, Decimal]], difference: Decimal) -> tuple[Part, ...]:
    """One part for each cause, the largest first; what rounding left belongs to that one, or is the whole."""
    by_cause: dict[Cause, Decimal] = {}
    for cause, amount in parts:
        by_cause[cause] = by_cause.get(cause, ZERO) + amount
    ordered = sorted(((abs(amount), cause) for cause, amount in by_cause.items() if amount), reverse=True)
    rest = difference - sum(by_cause.values(), ZERO)
    if not ordered:
        return (Part(Cause.ROUNDING, rest),) if rest else ()
    main = ordered[0][1]
    by_cause[main] += rest
    return tuple(Part(cause, by_cause[cause]) for _, cause in ordered)
