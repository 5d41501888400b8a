"""The comparison of an earlier system with the ledger, ready to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.explaining import Part


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a cause was found, what it adds up to, and what it comes to without regard to the sign."""

    count: int
    amount: Decimal
    absolute: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """One exit that the two do not agree on. Amounts are in the settle coin.

    Attributes:
        old: what the earlier system booked for it, all of its rows together; None where it booked nothing.
        ours: what the ledger booked; None where it booked nothing, or does not know a price.
        amount: old − ours, what is None counting 0.
        parts: the amount by cause, the first one the largest; their sum is the amount, exactly.
        legacy_ids: the earlier system's rows.
        words: what happened, for a person.
        sums: the arithmetic, line by line.
    """

    account: str
    bot_id: str
    category: str
    symbol: str
    position_idx: int
    settle_coin: str
    time: datetime
    side: str
    quantity: Decimal
    order_id: str | None
    legacy_ids: tuple[str, ...]
    old: Decimal | None
    ours: Decimal | None
    amount: Decimal
    parts: tuple[Part, ...]
    words: str
    sums: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Both sides over some books of one settle coin; `difference` = `old` − `ours` = the sum over `causes`, exactly.

    Attributes:
        old_trades: rows of the earlier system.
        exits: exits of the ledger, an order's executions together.
        agreeing: exits on which the two agree, but for rounding.
        turned: exits that the earlier system booked as a profit and that were a loss, or the other way around.
        off: how far off the exits are, without regard to the sign: errors that cancel are errors.
    """

    settle_coin: str
    old_trades: int
    exits: int
    agreeing: int
    turned: int
    old: Decimal
    ours: Decimal
    difference: Decimal
    off: Decimal
    causes: Mapping[Cause, Tally]


@dataclass(frozen=True, slots=True)
class BookComparison:
    """One book. `left_out` counts exits of the ledger from before or after the time that is compared."""

    account: str
    bot_id: str
    category: str
    symbol: str
    position_idx: int
    since: datetime
    until: datetime
    left_out: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class Moment:
    """Both sides' P&L so far, of all books of one coin; `time` is the beginning of an hour."""

    time: datetime
    old: Decimal
    ours: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything. Coins are never added.

    Attributes:
        filters: what the comparison was limited to.
        sources: the earlier systems, by the names under which they were imported.
        coins: the totals, one for each settle coin.
        courses: how the P&L went, by settle coin.
        worst: the largest differences, those of several coins in turn; `differing` counts all of them.
        unexplained: the largest of those without an explanation.
    """

    compared_at: datetime
    filters: Mapping[str, str]
    sources: tuple[str, ...]
    tolerance_seconds: Decimal
    coins: tuple[Totals, ...]
    books: tuple[BookComparison, ...]
    courses: Mapping[str, tuple[Moment, ...]]
    differing: int
    worst: tuple[Difference, ...]
    unexplained: tuple[Difference, ...]
