"""A book whose lock is held: its rows among those to be written, and where it stands before them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.deriving import ENTRY_COLUMNS, Block, End, Line
from reconcile.history.journal import Head
from reconcile.history.numbers import Column, plain, read_column, running, scaled, text, total
from reconcile.history.writing import Target

KEY = ("bot_id", "category", "symbol", "position_idx")
_OPEN_LOT = pa.schema(
    [("fill_id", pa.int64()), ("exec_time", pa.timestamp("us", "UTC"))]
    + [(name, pa.string()) for name in (*ENTRY_COLUMNS[2:], "quantity", "consumed", "commission")]
)
NO_LOTS = _OPEN_LOT.empty_table()
_NO_FILL = 2**63 - 1

Moment = tuple[int, int, str]  # microseconds since 1970, the venue's sequence, execution id: the exchange order


@dataclass(frozen=True, slots=True)
class OwnLots:
    """Lots that the fills of a part left open, from the fill `first_fill_id` on."""

    first_fill_id: int
    lots: pa.Table


@dataclass(frozen=True, slots=True)
class Held:
    """`row`: the book as the query import_books gives it. `rows` of those to be written are its fills.

    `own`: the lots that parts of the book left open which need not be in the database yet; all older ones are there.
    """

    row: Mapping[str, Any]
    rows: slice
    own: tuple[OwnLots, ...] = ()

    @property
    def book_id(self) -> int:
        """The book's number."""
        return int(self.row["book_id"])

    @property
    def size(self) -> int:
        """How many rows it has."""
        return int(self.rows.stop - self.rows.start)

    def of(self, fills: pa.Table) -> pa.Table:
        """Its rows."""
        return fills.slice(self.rows.start, self.size)

    def head(self) -> Head:
        """Where its journal ends."""
        coins = {name: self.row[name] for name in ("base_coin", "quote_coin", "settle_coin")}
        return Head(
            book_id=self.book_id, book_seq=self.row["book_seq"], hash=bytes(self.row["hash"]), rows=self.rows, **coins
        )

    def first(self, fills: pa.Table) -> Moment:
        """The place of its first row in exchange order."""
        row = self.rows.start
        exec_time = fills["exec_time"][row].cast(pa.int64()).as_py()
        return exec_time, fills["seq"][row].as_py(), fills["exec_id"][row].as_py()

    def follows(self, fills: pa.Table) -> bool:
        """Whether the first of its rows comes behind its last fill in exchange order."""
        return self.first(fills) > (self.row["last_exec_time"], self.row["last_seq"], self.row["last_exec_id"])

    def line(self, target: Target, rows: pa.Table, own: slice) -> Line:
        """What its fills are matched against; `own` of `rows` are its fills."""
        state = self.row
        return Line(
            book_id=self.book_id,
            position_idx=state["position_idx"],
            inverse=state["category"] == "inverse",
            multiplier=state["multiplier"],
            settle_coin=state["settle_coin"],
            position=("-" if state["side"] == "Sell" else "") + state["size"],
            cycle_id=state["cycle_id"],
            opened=state["opened"],
            closed=state["closed"],
            open_lots=self._open_lots(target, rows, own),
            rows=own,
        )

    def _open_lots(self, target: Target, rows: pa.Table, own: slice) -> pa.Table:
        if self.row["side"] == "None":
            return NO_LOTS
        older = target.ask(
            "import_open_lots",
            cycle_id=self.row["cycle_id"],
            closed=self.row["closed"],
            reach=_sum_of_sizes(rows["signed_qty"].slice(own.start, self.size).combine_chunks()),
            before_fill_id=self.own[0].first_fill_id if self.own else _NO_FILL,
        )
        return pa.concat_tables([pa.Table.from_pylist(older, _OPEN_LOT), *(part.lots for part in self.own)])


def lines(target: Target, books: Sequence[Held], rows: pa.Table) -> list[Line]:
    """One for each book; `rows` are those of all of them, one book behind the other."""
    found, start = [], 0
    for book in books:
        own = slice(start, start + book.size)
        found.append(book.line(target, rows, own))
        start = own.stop
    return found


def still_open(block: Block, own: Sequence[OwnLots]) -> tuple[OwnLots, ...]:
    """What the fills of the block's only book leave open of the last lots that were open before."""
    found, (line,) = block.matched[0], block.lines
    closed = found.axis - abs(found.position) - scaled(line.closed, block.scale)
    left = block.quantity - block.consumed
    if found.cycle_id != line.cycle_id:
        closed = total(left)
    taken = np.clip(closed - (running(left) - left), 0, left)
    consumed, still = block.consumed + taken, np.asarray(taken < left, dtype=bool)
    result, stop = [], block.held
    for part in reversed(own):
        where = slice(stop - len(part.lots), stop)
        stop = where.start
        lots = part.lots.set_column(
            part.lots.schema.get_field_index("consumed"), "consumed", text(Column(consumed[where], block.scale))
        )
        result.append(replace(part, lots=lots.filter(pa.array(still[where]))))
    return tuple(reversed(result))


def left_open(block: Block, number: int) -> OwnLots:
    """Those lots of a block's book that its fills opened and left open, as the query import_open_lots gives them."""
    found = block.matched[number]
    closed = found.axis - abs(found.position)
    opened = found.opened
    still = np.asarray((opened.cycle_id == found.cycle_id) & (opened.end > closed), dtype=bool)
    fill, start = opened.fill[still].astype(np.int64), opened.start[still]
    lots = block.rows.select(ENTRY_COLUMNS).take(pa.array(fill))
    for name, units, scale in (
        ("quantity", opened.end[still] - start, block.scale),
        ("consumed", np.maximum(closed - start, 0), block.scale),
        ("commission", block.lot_fees[fill], block.fee_scale),
    ):
        lots = lots.append_column(name, text(Column(units, scale)))
    return OwnLots(block.rows["fill_id"][block.lines[number].rows.start].as_py(), lots.cast(_OPEN_LOT))


def end(own: pa.Table, book: Held, found: End, link: bytes | None) -> dict[str, object]:
    """Where a book stands behind its rows, as trading.advance_books takes it. `link`: None if its journal has them."""
    last = own.slice(len(own) - 1).select(["exec_time", "seq", "exec_id"]).to_pylist()[0]
    return {
        "book_id": book.book_id,
        "last_exec_time": last["exec_time"].isoformat(),
        "last_seq": last["seq"],
        "last_exec_id": last["exec_id"],
        "pos": found.position,
        "cycle_id": found.cycle_id,
        "opened": found.opened,
        "trades": found.trades,
        "gross": found.gross,
        "net": found.net,
        **({} if link is None else journal_end(own, book, link)),
    }


def journal_end(own: pa.Table, book: Held, link: bytes) -> dict[str, object]:
    """Where a book's journal ends behind its rows."""
    return {"book_seq": own["book_seq"][-1].as_py(), "hash": link.hex(), "dust": _dust(own, book)}


def _sum_of_sizes(signed: pa.StringArray) -> str:
    column = read_column(signed)
    return plain(total(np.abs(column.units)), column.scale)


def _dust(own: pa.Table, book: Held) -> str:
    """What base-coin fees of spot sells took beside the lots."""
    if book.row["category"] != "spot":
        return "0"
    in_base = pc.and_(pc.equal(own["side"], "Sell"), pc.equal(own["commission_asset"], book.row["base_coin"]))
    fees = read_column(own.filter(in_base)["commission"].combine_chunks())
    return plain(-total(fees.units), fees.scale)
