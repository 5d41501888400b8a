"""What an import did, or would do."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ledger.verify import BookResult
from reconcile.history.rows import Reject


@dataclass(frozen=True, slots=True)
class BookReport:
    """One book: how many fills came into it, over which time, and its P&L before and after, in the settle coin.

    `short_qty` is what sells opened while nothing was held: on spot, and where only longs were traded, a sign that
    purchases before the first row are missing. `rebuilt`: rows that came earlier than what was there.
    """

    bot_id: str
    category: str
    symbol: str
    position_idx: int
    book_id: int
    fills: int
    first_time: datetime
    last_time: datetime
    longest_gap_seconds: Decimal
    net_pnl_before: Decimal
    net_pnl_after: Decimal
    settle_coin: str
    side: str
    size: Decimal
    short_qty: Decimal
    rebuilt: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were rejected, and how many."""

    reason: str
    field: str | None
    count: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Every row read was booked, is a duplicate, or was rejected: the three add up to `read`.

    `fills` and `payments` are the rows of the journals; several source rows without execution ids can be one fill.
    `rejects` are the first of them, `reasons` the most frequent of all.
    """

    source: str
    account: str
    dry_run: bool
    read: int = 0
    booked: int = 0
    duplicates: int = 0
    rejected: int = 0
    joined: int = 0
    fills: int = 0
    payments: int = 0
    lots: int = 0
    trades: int = 0
    seconds: float = 0.0
    verify_seconds: float = 0.0
    stopped: str | None = None
    books: tuple[BookReport, ...] = ()
    rejects: tuple[Reject, ...] = ()
    reasons: tuple[Reason, ...] = ()
    unproven: tuple[BookResult, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether nothing was rejected or stopped, and every book that was touched is proven."""
        return not self.rejected and not self.unproven and self.stopped is None

    @property
    def written(self) -> bool:
        """Whether this was done; else it is what would be."""
        return not self.dry_run and self.stopped is None
