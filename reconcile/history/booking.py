"""One transaction of the import: fills of some books, journaled, matched and written with all that follows from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history import journal
from reconcile.history.deriving import ENTRY_COLUMNS, Block, End, Line
from reconcile.history.journal import FILL_COLUMNS, Head
from reconcile.history.numbers import Column, plain, read_column, total
from reconcile.history.writing import Connection, as_json, ask, copy_in

_BLOCK = 50_000
KEY = ("bot_id", "category", "symbol", "position_idx")
_OPEN_LOT = pa.schema(
    [("fill_id", pa.int64()), ("exec_time", pa.timestamp("us", "UTC"))]
    + [(name, pa.string()) for name in (*ENTRY_COLUMNS[2:], "quantity", "consumed", "commission")]
)


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows went where."""

    fills: int = 0
    lots: int = 0
    trades: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.fills + other.fills, self.lots + other.lots, self.trades + other.trades)


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
                recorded_at: int) -> Written:  # fmt: skip
    """Writes `rows`, new to the ledger, in the books that `books` (locked, in the order of the rows) name.

    The caller is in a transaction. `rows` has the columns of the journal that come from a source.
    """
    held = _with_rows(books, rows)
    heads = [book.head() for book in held]
    fills = journal.valued(journal.numbered(rows, heads, account_id, recorded_at), heads)
    fills, hashes = journal.linked(fills, heads)
    copy_in(connection, "fills", fills.select(FILL_COLUMNS))
    written = Written(fills=len(fills))
    in_order = [book for book in held if _follows(fills, book)]
    if in_order:
        written += _append(connection, account_id, in_order, fills, dict(zip(map(id, held), hashes, strict=True)))
    return written


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


def _follows(fills: pa.Table, book: _Book) -> bool:
    """Whether the first of the book's rows comes behind its last fill in exchange order."""
    first = fills.slice(book.rows.start, 1).select(["seq", "exec_id"]).to_pylist()[0]
    moment = fills["exec_time"][book.rows.start].cast(pa.int64()).as_py()
    return (moment, first["seq"], first["exec_id"]) > _last(book.row)


def _last(book: Mapping[str, Any]) -> tuple[int, int, str]:
    return book["last_exec_time"], book["last_seq"], book["last_exec_id"]


def _append(connection: Connection, account_id: int, books: Sequence[_Book], fills: pa.Table,
            hashes: Mapping[int, bytes]) -> Written:  # fmt: skip
    rows = fills if len(books) == len(hashes) else pa.concat_tables(
        [fills.slice(book.rows.start, book.rows.stop - book.rows.start) for book in books])  # fmt: skip
    lines = _lines(connection, account_id, books, rows)
    derived = Block(rows, lines).derived()
    copy_in(connection, "lots", derived.lots)
    copy_in(connection, "completed_trades", derived.trades)
    ends = [_end(rows, line, book, end, hashes[id(book)])
            for line, book, end in zip(lines, books, derived.ends, strict=True)]  # fmt: skip
    ask(connection, "import_advance", {"account_id": account_id, "ends": as_json(ends)})
    return Written(lots=len(derived.lots), trades=len(derived.trades))


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


def _end(rows: pa.Table, line: Line, book: _Book, end: End, link: bytes) -> dict[str, object]:
    last = rows.slice(line.rows.stop - 1, 1).select(["exec_time", "seq", "exec_id", "book_seq"]).to_pylist()[0]
    return {
        "book_id": line.book_id, "book_seq": last["book_seq"], "hash": link.hex(),
        "last_exec_time": last["exec_time"].isoformat(), "last_seq": last["seq"], "last_exec_id": last["exec_id"],
        "pos": end.position, "cycle_id": end.cycle_id, "opened": end.opened, "trades": end.trades,
        "gross": end.gross, "net": end.net, "dust": _dust(rows, line, book),
    }  # fmt: skip


def _dust(rows: pa.Table, line: Line, book: _Book) -> str:
    """What base-coin fees of spot sells took beside the lots."""
    if book.row["category"] != "spot":
        return "0"
    own = rows.slice(line.rows.start, line.rows.stop - line.rows.start)
    in_base = pc.and_(pc.equal(own["side"], "Sell"), pc.equal(own["commission_asset"], book.row["base_coin"]))
    fees = read_column(own.filter(in_base)["commission"].combine_chunks())
    return plain(-total(fees.units), fees.scale)
