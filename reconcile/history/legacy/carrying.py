"""What follows from an exit that an earlier system missed, or booked twice: it held another position from then on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import product

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.costing import Cost, Fill
from reconcile.history.legacy.explaining import Basis, Part, allowance, carried
from reconcile.history.legacy.finding import Finding, explained
from reconcile.history.legacy.matching import Match, booked_times, close_to
from reconcile.history.legacy.replaying import Habit, OwnExit, replayed
from reconcile.history.legacy.values import ZERO, Book, Exit

Own = dict[int, OwnExit]
_OPEN = {Cause.UNEXPLAINED, Cause.QUANTITY, Cause.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Limits:
    """How exact the earlier system's numbers are: the decimals of its P&L, None for all; and its times."""

    places: int | None
    tolerance: timedelta


def carry_on(
    book: Book, fills: Callable[[], Iterable[Fill]], found: list[Finding], matches: Sequence[Match], limits: Limits
) -> None:
    """Tries again what has no explanation, with the positions that such a system held. In `exactly()`.

    The first findings are those of `matches`, in their order.
    """
    open_ = [n for n, finding in enumerate(found) if finding.parts and finding.parts[0].cause in _OPEN]
    if not open_:
        return
    wanted = frozenset(fill_id for n in open_ if n < len(matches) for fill_id in matches[n].exit.fill_ids)
    for own in _replays(book, fills, matches, wanted):
        for n in open_:
            found[n] = _tried_again(found[n], own, limits)
        open_ = [n for n in open_ if found[n].parts[0].cause in _OPEN]
        if not open_:
            return


def _tried_again(finding: Finding, own: Own, limits: Limits) -> Finding:
    one, first, more = finding.exit, finding.parts[0], finding.parts[1:]
    if one is not None and first.cause is Cause.UNEXPLAINED:
        bases = list(_basis(finding.book, one, own))
        return explained(finding, Match(one, list(finding.trades)), limits.places, bases, more) if bases else finding
    if _is_own(finding, _candidates(finding, own, limits.tolerance), limits.places):
        return replace(finding, parts=(Part(Cause.CARRIED, first.amount), *more))
    return finding


def _replays(
    book: Book, fills: Callable[[], Iterable[Fill]], matches: Sequence[Match], wanted: frozenset[int]
) -> Iterator[Own]:
    tried: list[dict[int, int]] = [{}]
    for repeats in (False, True):
        times = dict(booked_times(matches, repeats=repeats))
        if times in tried:
            continue
        tried.append(times)
        for averaged, nets in product((False, True), (False, True)):
            yield replayed(book, fills(), Habit(averaged, nets, repeats), times, wanted)


def _basis(book: Book, one: Exit, own: Own) -> Iterator[Basis]:
    """The cost of an exit that such a system had, too."""
    parts = [own[fill_id] for fill_id in one.fill_ids if fill_id in own]
    if {part.side for part in parts} == {one.side} and sum((part.quantity for part in parts), ZERO) == one.quantity:
        basis = carried(book, one, _cost(parts), averaged=parts[0].averaged)
        if basis is not None:
            yield basis


def _cost(parts: Sequence[OwnExit]) -> Cost:
    values = [part.cost.value for part in parts if part.cost.value is not None]
    known = sum(values, ZERO) if len(values) == len(parts) else None
    return Cost(known, sum((part.cost.fee for part in parts), ZERO))


def _candidates(finding: Finding, own: Own, tolerance: timedelta) -> list[OwnExit]:
    """The system's own exits that rows stand for, by the fills or the ids of the order, else by time."""
    if finding.exit is not None:
        return [own[fill_id] for fill_id in finding.exit.fill_ids if fill_id in own]
    trade = finding.trades[0]
    names = {trade.exit_order_id, trade.exit_client_order_id} - {None}
    of_order = [one for one in own.values() if names & {one.order_id, one.client_order_id}]
    if of_order:
        return of_order
    near = (one for one in own.values() if abs(one.time - trade.exit_time) <= tolerance)
    return [one for one in near if close_to(one.quantity, trade.quantity)][:1]


def _is_own(finding: Finding, parts: Sequence[OwnExit], places: int | None) -> bool:
    """Whether rows say what such a system would have booked, with commissions or without."""
    said = sum((trade.pnl for trade in finding.trades), ZERO)
    quantity = sum((trade.quantity for trade in finding.trades), ZERO)
    sides = {trade.side for trade in finding.trades}
    if not parts or {part.side for part in parts} != sides:
        return False
    cost, proceeds = _cost(parts), sum((part.proceeds for part in parts), ZERO)
    if cost.value is None or not close_to(quantity, sum((part.quantity for part in parts), ZERO)):
        return False
    gross = finding.book.gross(parts[0].side, cost.value, proceeds)
    exit_fee = sum((part.exit_fee for part in parts), ZERO)
    fees = {ZERO, cost.fee, exit_fee, cost.fee + exit_fee} | _stated(finding)
    allowed = allowance(proceeds, places, len(finding.trades))
    return any(abs(said - (gross - fee)) <= allowed for fee in fees)


def _stated(finding: Finding) -> set[Decimal]:
    stated = [trade.commission for trade in finding.trades if trade.commission is not None]
    return {sum(stated, ZERO)} if len(stated) == len(finding.trades) else set()
