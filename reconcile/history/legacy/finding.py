"""One exit with what both sides say of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.explaining import Basis, Explanation, Part, explain
from reconcile.history.legacy.matching import Match
from reconcile.history.legacy.values import ZERO, Book, Exit, LegacyTrade


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


def explained(
    made: Finding, one: Match, places: int | None, others: Sequence[Basis], more: tuple[Part, ...]
) -> Finding:
    """The finding with what explains its trades, or as unexplained; `more` is what else it is made of."""
    explanation = explain(made.book, one, places, others)
    if explanation is None:
        rest = made.amount - sum((part.amount for part in more), ZERO)
        return replace(made, parts=(Part(Cause.UNEXPLAINED, rest), *more))
    return replace(made, explanation=explanation, parts=(*explanation.parts, *more))
