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
from reconcile.history.deriving import ENTRY_COLUMNS, Block, End, Line
from reconcile.history.journal import FILL_COLUMNS, Head
from reconcile.history.numbers import plain, read_column, total
from reconcile.history.writing import Target, as_json

_BLOCK = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEY = ("bot_id", "category", "symbol", "position_idx")
_OPEN_LOT = pa.schema(
    [("fill_id", pa.int64()), ("exec_time", pa.timestamp("us", "UTC"))]
    + [(name, pa.string()) for name in (*ENTRY_COLUMNS[2:], "quantity", "consumed", "commission")]
)
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

Moment = tuple[int, int, str]  # microseconds since 1970, the venue's sequence, execution id: the exchange order


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


@dataclass(frozen=True, slots=True)
class _Book:
    """A locked book and its rows among those to be written."""

    row: Mapping[str, Any]
    rows: slice

    @property
    def book_id(self) -> int:
        return int(self.row["book_id"])

    @property
    def size(self) -> int:
        return int(self.rows.stop - self.rows.start)

    def of(self, fills: pa.Table) -> pa.Table:
        return fills.slice(self.rows.start, self.size)

    def head(self) -> Head:
        coins = {name: self.row[name] for name in ("base_coin", "quote_coin", "settle_coin")}
        return Head(
            book_id=self.book_id, book_seq=self.row["book_seq"], hash=bytes(self.row["hash"]), rows=self.rows, **coins
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
    in_order = [book for book in held if book.book_id not in mixed and _follows(fills, book)]
    if in_order:
        written += _append(target, in_order, fills, links)
    late = [book for book in held if book not in in_order]
    if late:
        target.ask("import_heads", heads=as_json([_head(fills, book, links[book.book_id]) for book in late]))
    for book in late:
        written += _derive_again(target, book, _first(fills, book), mixed.get(book.book_id, ()))
    # Executions in other books than the order's own.
    return written + settle_books(target, {book_id: mixed[book_id] for book_id in mixed.keys() - links.keys()})


def settle_books(target: Target, mixed: Mapping[int, Sequence[str]]) -> Written:
    """Brings order-level fills in line with executions: `mixed` says of which orders, by the book of the former."""
    written = Written()
    for book_id in sorted(mixed):
        found = target.ask("import_lock_book", book_id=book_id)[0]
        written += Written(others=(found,))
        written += _derive_again(target, _Book(found, slice(0, 0)), None, mixed[book_id])
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


def _with_rows(books: Sequence[Mapping[str, Any]], rows: pa.Table) -> list[_Book]:
    by_key = {tuple(book[name] for name in KEY): book for book in books}
    return [_Book(by_key[key], own) for key, own in runs(rows)]


def _first(fills: pa.Table, book: _Book) -> Moment:
    row = book.rows.start
    return fills["exec_time"][row].cast(pa.int64()).as_py(), fills["seq"][row].as_py(), fills["exec_id"][row].as_py()


def _follows(fills: pa.Table, book: _Book) -> bool:
    """Whether the first of the book's rows comes behind its last fill in exchange order."""
    return _first(fills, book) > (book.row["last_exec_time"], book.row["last_seq"], book.row["last_exec_id"])


def _derive_again(target: Target, book: _Book, first: Moment | None, mixed: Sequence[str]) -> Written:
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
        block = _Book(book.row, slice(0, len(rows)))
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


def _append(target: Target, books: Sequence[_Book], fills: pa.Table, links: Mapping[int, bytes]) -> Written:
    """Derives and writes what follows from the books' rows among `fills`; they come last in exchange order.

    `links`: the ends of the books' journals; of a book that is not there the end is not to be changed.
    """
    rows = pa.concat_tables([book.of(fills) for book in books])
    lines = _lines(target, books, rows)
    derived = Block(rows, lines).derived()
    target.copy_in("lots", derived.lots)
    target.copy_in("completed_trades", derived.trades)
    ends = [
        _end(rows.slice(line.rows.start, book.size), book, end, links.get(book.book_id))
        for line, book, end in zip(lines, books, derived.ends, strict=True)
    ]
    target.ask("import_advance", ends=as_json(ends))
    shorts = {line.book_id: Decimal(end.short_opened) for line, end in zip(lines, derived.ends, strict=True)}
    return Written(lots=len(derived.lots), trades=len(derived.trades), shorts=shorts)


def _lines(target: Target, books: Sequence[_Book], rows: pa.Table) -> list[Line]:
    found = target.ask("import_states", book_ids=[book.book_id for book in books])
    states = {state["book_id"]: state for state in found}
    lines, start = [], 0
    for book in books:
        own = slice(start, start + book.size)
        lines.append(_line(target, book, states[book.book_id], rows, own))
        start = own.stop
    return lines


def _line(target: Target, book: _Book, state: Mapping[str, Any], rows: pa.Table, own: slice) -> Line:
    lots = _OPEN_LOT.empty_table()
    if state["side"] != "None":
        reach = _sum_of_sizes(rows["signed_qty"].slice(own.start, book.size).combine_chunks())
        lots = pa.Table.from_pylist(target.ask("import_open_lots", book_id=book.book_id, reach=reach), _OPEN_LOT)
    return Line(
        book_id=book.book_id,
        position_idx=book.row["position_idx"],
        inverse=book.row["category"] == "inverse",
        multiplier=book.row["multiplier"],
        settle_coin=book.row["settle_coin"],
        position=("-" if state["side"] == "Sell" else "") + state["size"],
        cycle_id=state["cycle_id"],
        opened=state["opened"],
        closed=state["closed"],
        open_lots=lots,
        rows=own,
    )


def _sum_of_sizes(signed: pa.StringArray) -> str:
    column = read_column(signed)
    return plain(total(np.abs(column.units)), column.scale)


def _end(own: pa.Table, book: _Book, end: End, link: bytes | None) -> dict[str, object]:
    last = own.slice(len(own) - 1).select(["exec_time", "seq", "exec_id"]).to_pylist()[0]
    return {
        "book_id": book.book_id,
        "last_exec_time": last["exec_time"].isoformat(),
        "last_seq": last["seq"],
        "last_exec_id": last["exec_id"],
        "pos": end.position,
        "cycle_id": end.cycle_id,
        "opened": end.opened,
        "trades": end.trades,
        "gross": end.gross,
        "net": end.net,
        **({} if link is None else _journal_end(own, book, link)),
    }


def _head(fills: pa.Table, book: _Book, link: bytes) -> dict[str, object]:
    return {"book_id": book.book_id, **_journal_end(book.of(fills), book, link)}


def _journal_end(own: pa.Table, book: _Book, link: bytes) -> dict[str, object]:
    return {"book_seq": own["book_seq"][-1].as_py(), "hash": link.hex(), "dust": _dust(own, book)}


def _dust(own: pa.Table, book: _Book) -> str:
    """What base-coin fees of spot sells took beside the lots."""
    if book.row["category"] != "spot":
        return "0"
    in_base = pc.and_(pc.equal(own["side"], "Sell"), pc.equal(own["commission_asset"], book.row["base_coin"]))
    fees = read_column(own.filter(in_base)["commission"].combine_chunks())
    return plain(-total(fees.units), fees.scale)
