"""Parts of a large book prepared ahead: while some are written, the next is matched, the one behind it journaled.

Where the book will stand behind a part is known from matching it, before it is committed. So its rows can be written
while those of the part before it still are. Whether the book does stand there is asked behind them, under its lock: if
not, because somebody else wrote or the part before was not written as prepared, what was prepared is thrown away.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history import journal
from reconcile.history.booking import Written
from reconcile.history.chunk import Outcome, journal_rows, lock_books, receivable
from reconcile.history.deriving import Block, Derived, HedgeRefusedError
from reconcile.history.held import Held, end, left_open, still_open
from reconcile.history.in_turn import TOGETHER, Turn
from reconcile.history.journal import FILL_COLUMNS
from reconcile.history.numbers import places, plain, read_column, scaled, total
from reconcile.history.staging import StagedBook
from reconcile.history.writing import Target, as_json

_COINS = ("base_coin", "quote_coin", "settle_coin", "multiplier")
_STATE = (
    "book_seq",
    "hash",
    "last_exec_time",
    "last_seq",
    "last_exec_id",
    "side",
    "size",
    "cycle_id",
    "opened",
    "closed",
)


@dataclass(frozen=True, slots=True)
class Journaled:
    """A part as the journal will have it. `book`: where that ends before the part; `link`: the hash behind it."""

    rows: pa.Table
    fills: pa.Table
    book: Held
    link: bytes

    def behind(self) -> Held:
        """Where the book's journal ends behind the part; the rest of its state is that of `book`."""
        last = self.fills.slice(len(self.fills) - 1)
        row = {
            **self.book.row,
            "book_seq": last["book_seq"][0].as_py(),
            "hash": self.link,
            "last_exec_time": last["exec_time"][0].cast(pa.int64()).as_py(),
            "last_seq": last["seq"][0].as_py(),
            "last_exec_id": last["exec_id"][0].as_py(),
        }
        return Held(row, slice(0, 0))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A part, to be written if the book stands as `before`; it will stand as `after` then."""

    rows: pa.Table
    before: Mapping[str, Any]
    tables: Mapping[str, pa.Table]
    end: Mapping[str, object]
    written: Written
    after: Held


def standing(target: Target, book_id: int) -> Held | None:
    """A book as the database has it; None if it is not there."""
    found = target.ask("import_books", book_ids=[book_id])
    return Held(found[0], slice(0, 0)) if found else None


def journaled(account_id: int, book: Held, rows: pa.Table, source: str) -> Journaled | None:
    """Puts a part behind the journal of a book. None: some of it is refused, or does not come behind it."""
    _, refused = receivable([book.row], rows)
    book = replace(book, rows=slice(0, len(rows)))
    heads = [book.head()]
    fills = journal.valued(journal.numbered(journal_rows(rows, source), heads, account_id), heads)
    if refused or not book.follows(fills):
        return None
    fills, (link,) = journal.linked(fills, heads)
    return Journaled(rows, fills, book, link)


def prepare(target: Target, part: Journaled, before: Held | None) -> Prepared | None:
    """Matches a part. None: it needs what is only known under the lock, or is refused.

    `before`: where the book stands behind the part before; None: as the journal of this one found it.
    """
    fills = part.fills
    book = part.book if before is None else replace(before, rows=part.book.rows)
    line = book.line(target, fills, book.rows)
    if not _is_consistent(line.open_lots, line.position, fills):
        return None
    try:
        block = Block(fills, [line])
    except HedgeRefusedError:
        return None
    derived = block.derived()
    written = Written(
        fills=len(fills),
        lots=len(derived.lots),
        trades=len(derived.trades),
        by_book=Counter({book.book_id: len(fills)}),
        shorts={book.book_id: Decimal(derived.ends[0].short_opened)},
    )
    return Prepared(
        rows=part.rows,
        before=book.row,
        tables={
            "fills": fills.select(FILL_COLUMNS),
            "lots": derived.lots,
            "completed_trades": derived.trades,
        },
        end=end(fills, book, derived.ends[0], part.link),
        written=written,
        after=_behind(part, book, block, derived),
    )


def write(target: Target, staged: Sequence[StagedBook], part: Prepared, turn: Turn) -> Outcome:
    """Writes a prepared part behind the one before it.

    Raises psycopg.Rollback, for the transaction around it, if the book does not stand where it should.
    """
    for table, rows in part.tables.items():
        target.copy_in(table, rows)
    turn.wait(target)
    (locked,) = lock_books(target, staged)
    if any(locked[name] != part.before[name] for name in (*_COINS, *_STATE)):
        raise psycopg.Rollback
    target.ask("import_advance", ends=as_json([part.end]))
    booked = int(pc.sum(part.rows["parts"]).as_py())
    return Outcome(booked=booked, written=part.written, books=[locked], as_prepared=True)


def _is_consistent(lots: pa.Table, position: str, fills: pa.Table) -> bool:
    """Whether the lots are there that the fills may close: while somebody else writes, they may not be."""
    scale = max(
        places(position), *(read_column(lots[name].combine_chunks()).scale for name in ("quantity", "consumed"))
    )
    quantity, consumed = (read_column(lots[name].combine_chunks()).at(scale) for name in ("quantity", "consumed"))
    held = abs(scaled(position, scale))
    signed = read_column(fills["signed_qty"].combine_chunks())
    reach = total(abs(signed.units)) * 10**scale
    return bool((total(quantity) - total(consumed)) * 10**signed.scale >= min(held * 10**signed.scale, reach))


def _behind(part: Journaled, book: Held, block: Block, derived: Derived) -> Held:
    """Where the book stands behind a part. With the lots of as many parts as may not be in the database by then."""
    found = derived.ends[0]
    size = found.position.lstrip("-")
    scale = max(places(size), places(found.opened))
    state = {
        "side": "None" if size == "0" else "Sell" if found.position.startswith("-") else "Buy",
        "size": size,
        "cycle_id": found.cycle_id,
        "opened": found.opened,
        "closed": plain(scaled(found.opened, scale) - scaled(size, scale), scale),
    }
    own = (*still_open(block, book.own[1 - TOGETHER :]), left_open(block, 0))
    return Held({**part.behind().row, **state}, slice(0, 0), own)


Entry = Future[Journaled | None]
Journaling = Callable[[int, int | Entry], Journaled | None]
Matching = Callable[[Entry, Held | None], Prepared | None]


class Ahead:
    """Two threads: one matches the next part, one puts that behind it into the journal. A context manager.

    `journaling` gets the number of a part, and that of its book or the part before it.
    """

    def __init__(self, parts: int, journaling: Journaling, matching: Matching) -> None:
        self._parts, self._journaling, self._matching = parts, journaling, matching
        self._journal = ThreadPoolExecutor(1, thread_name_prefix="fifoledger-journal")
        self._match = ThreadPoolExecutor(1, thread_name_prefix="fifoledger-match")
        self._entry: Entry | None = None
        self._next: Future[Prepared | None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._journal.shutdown(cancel_futures=True)
        self._match.shutdown(cancel_futures=True)

    def take(self, number: int) -> Prepared | None:
        """The part, if it was prepared; then the one behind it is begun with."""
        found = self._next.result() if self._next is not None else None
        self._next = None
        if found is not None:
            self._go_on(number + 1, found.after)
        return found

    def begin(self, number: int, book_id: int) -> None:
        """Begins with a part, from where the database has the book now."""
        self._entry = self._journal.submit(self._journaling, number, book_id) if number < self._parts else None
        self._go_on(number, None)

    def _go_on(self, number: int, before: Held | None) -> None:
        entry, behind = self._entry, number + 1
        if entry is not None:
            self._entry = self._journal.submit(self._journaling, behind, entry) if behind < self._parts else None
            self._next = self._match.submit(self._matching, entry, before)
