"""Adjustments: one marked fill that brings a line in agreement where no execution is left and the caller wants it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ledger import AsyncLedgerClient
from ledger.errors import InsufficientPositionError
from reconcile.startup.owners import owner_by_lots
from reconcile.startup.report import ComparedLine, Finding
from reconcile.startup.store import BookLine, Store

_RULE = "adjusted as the caller asked: price and P&L unknown, replaced if the real execution turns up"


class OutdatedError(Exception):
    """Somebody has booked on the line since it was compared."""


async def adjust(
    client: AsyncLedgerClient, account_id: int, line: ComparedLine, books: Sequence[BookLine], at: datetime
) -> Finding | None:
    """Books what the line lacks, without a price, in the book of its one holder, else in `external`.

    The same state gives the same id, so nothing is adjusted twice. None where the line's own rules refuse it: a hedge
    leg is not closed beyond what is open. Raises OutdatedError, and books nothing, if the books have changed.
    """
    here = [b for b in books if (b.category, b.symbol, b.position_idx) == line.key]
    side = "Buy" if line.difference > 0 else "Sell"
    holders = {book.bot_id: book.qty for book in here if book.qty}
    owner = next(iter(holders)) if len(holders) == 1 else owner_by_lots(holders, side)
    exec_id = _exec_id(account_id, line, here)
    owning = await client.acting_for(owner)
    try:
        made = await owning.record_adjustment(
            category=line.category,
            symbol=line.symbol,
            position_idx=line.position_idx,
            side=side,
            exec_qty=abs(line.difference),
            exec_time=at,
            exec_id=exec_id,
            seen={book.bot_id: book.book_seq for book in here},
        )
    except InsufficientPositionError:
        return None
    if made is None:
        raise OutdatedError
    return adjusted(line, owner, exec_id, by=line.difference)


def adjusted(line: ComparedLine, bot_id: str, exec_id: str, *, by: Decimal) -> Finding:
    """What is told of an adjustment that brought the line where the venue is."""
    return Finding(
        kind="adjusted",
        rule=_RULE,
        category=line.category,
        symbol=line.symbol,
        position_idx=line.position_idx,
        bot_id=bot_id,
        ledger={"before": _plain(line.venue_qty - by), "after": _plain(line.venue_qty), "exec_id": exec_id},
        venue={"qty": _plain(line.venue_qty)},
    )


async def take_back(store: Store, client: AsyncLedgerClient) -> list[Finding]:
    """Takes back adjustments of a past that is another by now: somebody has booked what they stood for."""
    found = []
    for row in await store.rows("overtaken_adjustments"):
        owner = await client.acting_for(row["bot_id"])
        line = {name: row[name] for name in ("category", "symbol", "position_idx")}
        try:
            if not await owner.take_back_adjustment(row["fill_id"], cause=row["cause"], **line):
                continue
        except InsufficientPositionError:
            continue  # the comparison says what is wrong now
        found.append(
            Finding(
                kind="adjustment_replaced",
                rule="executions from before an adjustment were booked after it: they count, and it does not",
                **line,
                bot_id=row["bot_id"],
                ledger={"exec_id": row["exec_id"], "booked since": _plain(row["moved"])},
            )
        )
    return found


def _plain(qty: Decimal) -> str:
    return f"{qty.normalize():f}"


def _exec_id(account_id: int, line: ComparedLine, books: Sequence[BookLine]) -> str:
    state = [
        account_id,
        [line.category, line.symbol, line.position_idx],
        [f"{line.ledger_qty.normalize():f}", f"{line.venue_qty.normalize():f}"],
        sorted([book.bot_id, book.book_seq] for book in books),
    ]
    return f"adjustment:{hashlib.sha256(json.dumps(state).encode()).hexdigest()[:32]}"
