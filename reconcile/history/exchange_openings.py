"""Opening balances that the exchange's present positions imply.

What an exchange shows now is what was held before the first known execution, and everything executed since. So where
all executions are in the ledger, and the two sides differ, the difference is what was there at the beginning. What it
cost is not known: an exchange's average price is a moving average over lots that were closed long ago, and not the
price of those that FIFO leaves. The opening has no price, and P&L that rests on it is NULL with the reason.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from ledger.money import plain
from ledger.session import EXTERNAL
from reconcile.history.rows import Batch
from reconcile.history.sources.chunk import text_table
from reconcile.startup.report import ComparedLine

_COLUMNS = ("bot_id", "category", "symbol", "position_idx", "side", "exec_qty", "exec_time", "exec_price", "exec_type")
_SPOT = "a wallet holds deposits and transfers, too: give the opening balance in a file"
_SEVERAL = "several bots trade here: name whose it is with --bot"
_WAITING = "executions wait in quarantine: what they moved is not known; decide about them, or give it in a file"
_HEDGE = "the ledger has more than the exchange: a fill is wrong or missing, and no opening balance explains that"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOpening:
    """What a line held before its first known fill: `qty`, negative for a short, for `bot_id`.

    `exec_time`: None means just before the first fill of the bot's book. `reason`: why none can be given.
    """

    category: str
    symbol: str
    position_idx: int
    bot_id: str | None
    ledger_qty: Decimal
    venue_qty: Decimal
    qty: Decimal
    exec_time: datetime | None = None
    reason: str | None = None


def openings_of(
    lines: Sequence[ComparedLine],
    bot_id: str | None,
    waiting: Collection[tuple[str, str]],
    begun: Mapping[str, datetime],
) -> list[LineOpening]:
    """One for each line that differs.

    Args:
        lines: both sides, with everything that the exchange keeps in the ledger.
        bot_id: whose they are where several bots trade or none does; None: nobody's, and `external`'s.
        waiting: category and symbol of what lies in quarantine.
        begun: by category since when executions are known, for lines without a fill.
    """
    return [_opening(line, bot_id, waiting, begun) for line in lines if line.difference]


def _opening(
    line: ComparedLine,
    bot_id: str | None,
    waiting: Collection[tuple[str, str]],
    begun: Mapping[str, datetime],
) -> LineOpening:
    traders = sorted(line.bots)
    owner = traders[0] if len(traders) == 1 else bot_id or (None if traders else EXTERNAL)
    reason = None
    if line.category == "spot":
        reason = _SPOT
    elif (line.category, line.symbol) in waiting:
        reason = _WAITING
    elif line.position_idx and (line.difference > 0) != (line.position_idx == 1):
        reason = _HEDGE
    elif owner is None:
        reason = _SEVERAL
    return LineOpening(
        category=line.category,
        symbol=line.symbol,
        position_idx=line.position_idx,
        bot_id=owner,
        ledger_qty=line.ledger_qty,
        venue_qty=line.venue_qty,
        qty=line.difference,
        exec_time=None if owner in line.bots else begun.get(line.category),
        reason=reason,
    )


class OpeningSource:
    """Opening balances as rows to import; those that cannot be given are left out."""

    name = "the exchange's positions"
    unit = "rows"

    def __init__(self, openings: Sequence[LineOpening]) -> None:
        self._rows = [_cells(opening) for opening in openings if opening.reason is None]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self._rows)

    def batches(self) -> Iterator[Batch]:
        """All of them at once."""
        lines = pa.array(range(1, self.total + 1), pa.int64())
        yield Batch(self.name, text_table(_COLUMNS, self._rows), lines, self.total)


def _cells(opening: LineOpening) -> list[str | None]:
    side = "Buy" if opening.qty > 0 else "Sell"
    at = None if opening.exec_time is None else opening.exec_time.isoformat()
    return [opening.bot_id, opening.category, opening.symbol, str(opening.position_idx), side, plain(abs(opening.qty)),
            at, None, "OpeningBalance"]  # fmt: skip
