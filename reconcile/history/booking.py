"""One transaction of the import: fills of some books, journaled, matched and written with all that follows from them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history import journal
from reconcile.history.deriving import ENTRY_COLUMNS, Block, End, Line
from reconcile.history.journal import FILL_COLUMNS, Head
from reconcile.history.numbers import plain, read_column, total
from reconcile.history.writing import Connection, as_json, ask, copy_in

_BLOCK = 50_000
KEY = ("bot_id", "category", "symbol", "position_idx")
_OPEN_LOT = pa.schema(
    [("fill_id", pa.int64()), ("exec_time", pa.timestamp("us", "UTC"))]
    + [(name, pa.string()) for name in (*ENTRY_COLUMNS[2:], "quantity", "consumed", "commission")]
)


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows went where. By book: its new fills, and what sells opened; and which were derived anew."""

    fills: int = 0
    lots: int = 0
    trades: int = 0
    by_book: Counter[int] = field(default_factory=Counter)
    shorts: Mapping[int, Decimal] = field(default_factory=dict)
    rebuilt: frozenset[int] = frozenset()

    def __add__(self, other: "Written") -> "Written":
        shorts = dict(self.shorts)
        for book_id, qty in other.shorts.items():
            shorts[book_id] = shorts.get(book_id, Decimal()) + qty
        return Written(self.fills + other.fills, self.lots + other.lots, self.trades + other.trades,
                       self.by_book + other.by_book, shorts, self.rebuilt | other.rebuilt)  # fmt: skip


@dataclass(slots=True)
class _Book:
    """A locked book and its rows among those to be written."""

    row: Mapping[str, Any]
    rows: slice

    @property
    def book_id(self) -> int:
        return int(self.row["book_id"])

    def head(self) -> Head:
        book = self.row
        return Head(
            self.book_id, book["book_seq"], bytes(book["hash"]), book["base_coin"], book["quote_coin"],
            book["settle_coin"], self.rows,
        )  # fmt: skip


def write_fills(connection: Connection, account_id: int, books: Sequence[Mapping[str, Any]], rows: pa.Table,
                recorded_at: int, mixed: Mapping[int, Sequence[str]]) -> Written:  # fmt: skip
    """Writes `rows`, new to the ledger, in the books that `books` (locked, in the order of the rows) name.

    The caller is in a transaction. `rows` has the columns of the journal that come from a source; `mixed` says for
    books which orders have fills of the whole order and single executions.
    """
    held = _with_rows(books, rows)
    heads = [book.head() for book in held]
    fills = journal.valued(journal.numbered(rows, heads, account_id, recorded_at), heads)
    fills, hashes = journal.linked(fills, heads)
    copy_in(connection, "fills", fills.select(FILL_COLUMNS))
    links = {book.book_id: link for book, link in zip(held, hashes, strict=True)}
    counts = Counter({book.book_id: book.rows.stop - book.rows.start for book in held})
    written = Written(fills=len(fills), by_book=counts)
    in_order = [book for book in held if book.book_id not in mixed and _follows(fills, book)]
    if in_order:
        written += _append(connection, account_id, in_order, fills, links)
    late = [book for book in held if book not in in_order]
    if late:
        ask(connection, "import_heads", {"account_id": account_id, "heads": as_json([
            _head(fills, book, links[book.book_id]) for book in late])})  # fmt: skip
    for book in late:
        written += _derive_again(connection, account_id, book, _first(fills, book), mixed.get(book.book_id, ()))
    for book_id in sorted(mixed.keys() - links.keys()):  # executions in other books than the order's own
        found = ask(connection, "import_lock_book", {"account_id": account_id, "book_id": book_id})[0]
        written += _derive_again(connection, account_id, _Book(found, slice(0, 0)), None, mixed[book_id])
    return written


def _head(fills: pa.Table, book: _Book, link: bytes) -> dict[str, object]:
    own = fills.slice(book.rows.start, book.rows.stop - book.rows.start)
    return {"book_id": book.book_id, "book_seq": own["book_seq"][-1].as_py(), "hash": link.hex(),
            "dust": _dust(own, book)}  # fmt: skip


def _with_rows(books: Sequence[Mapping[str, Any]], rows: pa.Table) -> list[_Book]:
    """Finds where each book's rows begin: they are sorted as the books are."""
    keys = pa.table({name: rows[name] for name in KEY})
    counts = keys.group_by(list(KEY), use_threads=False).aggregate([([], "count_all")]).to_pylist()
    sizes = {tuple(count[name] for name in KEY): count["count_all"] for count in counts}
    held, start = [], 0
    for book in books:
        stop = start + sizes[tuple(book[name] for name in KEY)]
        held.append(_Book(book, slice(start, stop)))
        start = stop
    return held


Moment = tuple[int, int, str]  # microseconds since 1970, the venue's sequence, execution id: the exchange order


def _first(fills: pa.Table, book: _Book) -> Moment:
    row = book.rows.start
    return fills["exec_time"][row].cast(pa.int64()).as_py(), fills["seq"][row].as_py(), fills["exec_id"][row].as_py()


def _follows(fills: pa.Table, book: _Book) -> bool:
    """Whether the first of the book's rows comes behind its last fill in exchange order."""
    return _first(fills, book) > (book.row["last_exec_time"], book.row["last_seq"], book.row["last_exec_id"])


def _derive_again(connection: Connection, account_id: int, book: _Book, first: Moment | None,
                  mixed: Sequence[str]) -> Written:  # fmt: skip
    """Derives the book anew from the first fill on that the journal's new rows change."""
    of_book = {"account_id": account_id, "book_id": book.book_id}
    if mixed:
        settled = ask(connection, "import_settle", {**of_book, "order_ids": list(mixed)})[0]
        if settled["from_time"] is not None:
            earliest = settled["from_time"], settled["from_seq"], settled["from_exec_id"]
            first = earliest if first is None else min(first, earliest)
    if first is None:
        return Written()
    before = ask(connection, "import_rewind", {**of_book, "exec_time": first[0], "seq": first[1], "exec_id": first[2]})[
        0
    ]
    after = {name: before[name] for name in ("after_time", "after_seq", "after_exec_id")}
    written, fills = Written(rebuilt=frozenset({book.book_id})), 0
    while rows := ask(connection, "import_journal", {**of_book, **after, "rows": _BLOCK}):
        block = _Book(book.row, slice(0, len(rows)))
        written += _append(connection, account_id, [block], _as_table(rows), {})
        after = {
            "after_time": rows[-1]["exec_time"],
            "after_seq": rows[-1]["seq"],
            "after_exec_id": rows[-1]["exec_id"],
        }
        fills += len(rows)
    if not fills:  # nothing that counts is left: the book stands where it was rewound to
        ask(connection, "import_rest", of_book)
    ask(connection, "import_log_rebuild", {**of_book, **before, "from_time": before["after_time"], "fills": fills,
                                           "lots_written": written.lots, "trades_written": written.trades})  # fmt: skip
    return written


_JOURNAL = pa.schema([
    *((name, pa.int64()) for name in ("account_id", "book_id", "fill_id", "book_seq", "seq", "position_idx")),
    ("exec_time", pa.timestamp("us", "UTC")),
    *((name, pa.string()) for name in (
        "bot_id", "category", "symbol", "exec_id", "order_id", "client_order_id", "side", "exec_price", "signed_qty",
        "commission_asset", "commission", "close_reason", "source", "fee", "fee_asset")),
])  # fmt: skip


def _as_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), _JOURNAL)


def _append(connection: Connection, account_id: int, books: Sequence[_Book], fills: pa.Table,
            hashes: Mapping[int, bytes]) -> Written:  # fmt: skip
    """Derives and writes what follows from the books' rows among `fills`; they come last in exchange order.

    `hashes`: the ends of the books' journals; of a book that is not there the end is not to be changed.
    """
    rows = pa.concat_tables([fills.slice(book.rows.start, book.rows.stop - book.rows.start) for book in books])
    lines = _lines(connection, account_id, books, rows)
    derived = Block(rows, lines).derived()
    copy_in(connection, "lots", derived.lots)
    copy_in(connection, "completed_trades", derived.trades)
    ends = [_end(rows, line, book, end, hashes.get(book.book_id))
            for line, book, end in zip(lines, books, derived.ends, strict=True)]  # fmt: skip
    ask(connection, "import_advance", {"account_id": account_id, "ends": as_json(ends)})
    shorts = {line.book_id: Decimal(end.short_opened) for line, end in zip(lines, derived.ends, strict=True)}
    return Written(lots=len(derived.lots), trades=len(derived.trades), shorts=shorts)


def _lines(connection: Connection, account_id: int, books: Sequence[_Book], rows: pa.Table) -> list[Line]:
    states = {state["book_id"]: state for state in ask(
        connection, "import_states", {"account_id": account_id, "book_ids": [book.book_id for book in books]})}  # fmt: skip
    lines, start = [], 0
    for book in books:
        stop = start + book.rows.stop - book.rows.start
        state = states[book.book_id]
        lots = _OPEN_LOT.empty_table()
        if state["side"] != "None":
            reach = rows["signed_qty"].slice(start, stop - start).combine_chunks()
            lots = pa.Table.from_pylist(ask(connection, "import_open_lots", {
                "account_id": account_id, "book_id": book.book_id, "reach": _sum_of_sizes(reach)}), _OPEN_LOT)  # fmt: skip
        lines.append(Line(
            book.book_id, book.row["position_idx"], book.row["category"] == "inverse", book.row["multiplier"],
            book.row["settle_coin"], ("-" if state["side"] == "Sell" else "") + state["size"], state["cycle_id"],
            state["opened"], state["closed"], lots, slice(start, stop),
        ))  # fmt: skip
        start = stop
    return lines


def _sum_of_sizes(signed: pa.StringArray) -> str:
    column = read_column(signed)
    return plain(total(np.abs(column.units)), column.scale)


def _end(rows: pa.Table, line: Line, book: _Book, end: End, link: bytes | None) -> dict[str, object]:
    own = rows.slice(line.rows.start, line.rows.stop - line.rows.start)
    last = own.slice(len(own) - 1).select(["exec_time", "seq", "exec_id", "book_seq"]).to_pylist()[0]
    return {
        "book_id": line.book_id, "book_seq": last["book_seq"] if link else None, "hash": link.hex() if link else None,
        "last_exec_time": last["exec_time"].isoformat(), "last_seq": last["seq"], "last_exec_id": last["exec_id"],
        "pos": end.position, "cycle_id": end.cycle_id, "opened": end.opened, "trades": end.trades,
        "gross": end.gross, "net": end.net, "dust": _dust(own, book) if link else "0",
    }  # fmt: skip


def _dust(own: pa.Table, book: _Book) -> str:
    """What base-coin fees of spot sells took beside the lots."""
    if book.row["category"] != "spot":
        return "0"
    in_base = pc.and_(pc.equal(own["side"], "Sell"), pc.equal(own["commission_asset"], book.row["base_coin"]))
    fees = read_column(own.filter(in_base)["commission"].combine_chunks())
    return plain(-total(fees.units), fees.scale)
