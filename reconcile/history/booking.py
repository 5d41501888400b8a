"""Fills of some books, journaled, matched and written with all that follows from them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history import journal
from reconcile.history.deriving import Block
from reconcile.history.held import KEY, Held, Moment, end, journal_end, lines
from reconcile.history.journal import FILL_COLUMNS
from reconcile.history.writing import Target, as_json

_BLOCK = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JOURNAL = pa.schema(
    [(name, pa.int64()) for name in ("account_id", "book_id", "fill_id", "book_seq", "seq", "position_idx")]
    + [("exec_time", pa.timestamp("us", "UTC"))]
    + [
        (name, pa.string())
        for name in (
            "bot_id", "category", "symbol", "exec_id", "order_id", "client_order_id", "side", "exec_price",
            "signed_qty", "commission_asset", "commission", "close_reason", "source", "fee", "fee_asset",
        )
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows went where. By book: its new fills, and what sells opened; and which were derived anew.

    `others`: books that none of the rows is for, but that changed with them.
    """

    fills: int = 0
    lots: int = 0
    trades: int = 0
    by_book: Counter[int] = field(default_factory=Counter)
    shorts: Mapping[int, Decimal] = field(default_factory=dict)
    rebuilt: frozenset[int] = frozenset()
    others: tuple[Mapping[str, Any], ...] = ()

    def __add__(self, other: "Written") -> "Written":
        shorts = dict(self.shorts)
        for book_id, qty in other.shorts.items():
            shorts[book_id] = shorts.get(book_id, Decimal()) + qty
        return Written(
            self.fills + other.fills,
            self.lots + other.lots,
            self.trades + other.trades,
            self.by_book + other.by_book,
            shorts,
            self.rebuilt | other.rebuilt,
            self.others + other.others,
        )


def write_fills(
    target: Target, books: Sequence[Mapping[str, Any]], rows: pa.Table, mixed: Mapping[int, Sequence[str]]
) -> Written:
    """Writes `rows`, new to the ledger and sorted by book, in the books that `books` (locked) name.

    The caller is in a transaction. `rows` has the columns of the journal that come from a source; `mixed` says for
    books which orders have fills of the whole order and single executions.
    """
    held = _with_rows(books, rows)
    heads = [book.head() for book in held]
    fills = journal.valued(journal.numbered(rows, heads, target.account_id), heads)
    fills, hashes = journal.linked(fills, heads)
    target.copy_in("fills", fills.select(FILL_COLUMNS))
    links = {book.book_id: link for book, link in zip(held, hashes, strict=True)}
    written = Written(fills=len(fills), by_book=Counter({book.book_id: book.size for book in held}))
    in_order: list[Held] = []
    late: list[Held] = []
    for book in held:
        (in_order if book.book_id not in mixed and book.follows(fills) else late).append(book)
    if in_order:
        written += _append(target, in_order, fills, links)
    if late:
        target.ask("import_heads", heads=as_json([_head(fills, book, links[book.book_id]) for book in late]))
    for book in late:
        written += _derive_again(target, book, book.first(fills), mixed.get(book.book_id, ()))
    # Executions in other books than the order's own.
    return written + settle_books(target, {book_id: mixed[book_id] for book_id in mixed.keys() - links.keys()})


def settle_books(target: Target, mixed: Mapping[int, Sequence[str]]) -> Written:
    """Brings order-level fills in line with executions: `mixed` says of which orders, by the book of the former."""
    written = Written()
    for book_id in sorted(mixed):
        target.ask("import_lock_book", book_id=book_id)
        found = target.ask("import_books", book_ids=[book_id])[0]
        written += Written(others=(found,))
        written += _derive_again(target, Held(found, slice(0, 0)), None, mixed[book_id])
    return written


def runs(rows: pa.Table) -> list[tuple[tuple[Any, ...], slice]]:
    """The books of rows that are sorted by book, with their rows, in the order of these.

    By comparing neighbours: Arrow's groups come in no order that could be relied on.
    """
    count = len(rows)
    if not count:
        return []
    begins = np.zeros(count, dtype=bool)
    begins[0] = True
    for name in KEY:
        column = rows[name].combine_chunks()
        begins[1:] |= np.asarray(pc.not_equal(column.slice(1), column.slice(0, count - 1)), dtype=bool)
    starts = np.flatnonzero(begins)
    keys = rows.select(KEY).take(pa.array(starts)).to_pylist()
    stops = [*starts[1:].tolist(), count]
    return [
        (tuple(key[name] for name in KEY), slice(start, stop))
        for key, start, stop in zip(keys, starts.tolist(), stops, strict=True)
    ]


def _with_rows(books: Sequence[Mapping[str, Any]], rows: pa.Table) -> list[Held]:
    by_key = {tuple(book[name] for name in KEY): book for book in books}
    return [Held(by_key[key], own) for key, own in runs(rows)]


def _derive_again(target: Target, book: Held, first: Moment | None, mixed: Sequence[str]) -> Written:
    """Derives the book anew from the first fill on that the journal's new rows change."""
    book_id = book.book_id
    if mixed:
        settled = target.ask("import_settle", book_id=book_id, order_ids=list(mixed))[0]
        if settled["from_time"] is not None:
            earliest = settled["from_time"], settled["from_seq"], settled["from_exec_id"]
            first = earliest if first is None else min(first, earliest)
    if first is None:
        return Written()
    moment = _EPOCH + timedelta(microseconds=first[0])
    before = target.ask("import_rewind", book_id=book_id, exec_time=moment, seq=first[1], exec_id=first[2])[0]
    after = {name: before.pop(name) for name in ("after_time", "after_seq", "after_exec_id")}
    from_time = after["after_time"]
    written, fills = Written(rebuilt=frozenset({book_id})), 0
    while rows := target.ask("import_journal", book_id=book_id, rows=_BLOCK, **after):
        block = Held(target.ask("import_books", book_ids=[book_id])[0], slice(0, len(rows)))
        written += _append(target, [block], pa.Table.from_pylist(rows, _JOURNAL), {})
        last = rows[-1]
        after = {"after_time": last["exec_time"], "after_seq": last["seq"], "after_exec_id": last["exec_id"]}
        fills += len(rows)
    if not fills:  # nothing that counts is left: the book stands where it was rewound to
        target.ask("import_rest", book_id=book_id)
    target.ask(
        "import_log_rebuild",
        book_id=book_id,
        from_time=from_time,
        fills=fills,
        lots_written=written.lots,
        trades_written=written.trades,
        **before,
    )
    return written


def _append(target: Target, books: Sequence[Held], fills: pa.Table, links: Mapping[int, bytes]) -> Written:
    """Derives and writes what follows from the books' rows among `fills`; they come last in exchange order.

    `links`: the ends of the books' journals; of a book that is not there the end is not to be changed.
    """
    rows = pa.concat_tables([book.of(fills) for book in books]).combine_chunks()  # one for each book is slow to slice
    own = lines(target, books, rows)
    derived = Block(rows, own).derived()
    target.copy_in("lots", derived.lots)
    target.copy_in("completed_trades", derived.trades)
    ends = [
        end(rows.slice(line.rows.start, book.size), book, found, links.get(book.book_id))
        for line, book, found in zip(own, books, derived.ends, strict=True)
    ]
    target.ask("import_advance", ends=as_json(ends))
    shorts = {line.book_id: Decimal(found.short_opened) for line, found in zip(own, derived.ends, strict=True)}
    return Written(lots=len(derived.lots), trades=len(derived.trades), shorts=shorts)


def _head(fills: pa.Table, book: Held, link: bytes) -> dict[str, object]:
    return {"book_id": book.book_id, **journal_end(book.of(fills), book, link)}
