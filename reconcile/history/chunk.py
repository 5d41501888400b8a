"""One transaction of an import: which rows are new is found out under the books' locks, then they are written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.booking import KEY, Written, write_fills
from reconcile.history.deriving import HedgeRefusedError
from reconcile.history.known import sift
from reconcile.history.rows import Reject
from reconcile.history.staging import StagedBook
from reconcile.history.writing import Target, as_json

_HEDGE = "a hedge book never flips: this would close more than is open"
_SOURCED = ("exec_time", "seq", "position_idx", "is_maker", "bot_id", "category", "symbol", "exec_id", "order_id",
            "client_order_id", "side", "exec_type", "exec_price", "exec_qty", "commission", "commission_asset",
            "close_reason")  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a chunk. `booked` and `duplicates` count the source's rows."""

    booked: int = 0
    duplicates: int = 0
    payments: int = 0
    written: Written = field(default_factory=Written)
    rejects: list[Reject] = field(default_factory=list)
    books: list[Mapping[str, Any]] = field(default_factory=list)  # as they were locked

    def add(self, other: "Outcome") -> None:
        """Sums up."""
        self.booked += other.booked
        self.duplicates += other.duplicates
        self.payments += other.payments
        self.written += other.written
        self.rejects += other.rejects
        self.books += other.books


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of some books, sorted by book and in exchange order.

    `fresh`: nothing of it can be in the ledger, so that it need not be looked for.
    """

    books: Sequence[StagedBook]
    rows: pa.Table
    fresh: bool


def book_fills(target: Target, chunk: Chunk, source: str) -> Outcome:
    """Books a chunk of fills. The caller is in a transaction."""
    keys = [book.key for book in chunk.books]
    locked = target.ask("import_lock_books", books=as_json(keys))
    outcome = Outcome(books=list(locked))
    rows = chunk.rows
    # What somebody else booked in the meantime is seen by the numbers that were given out.
    looks = not (chunk.fresh and all(book["book_seq"] == 0 for book in locked))
    if looks:
        sifted = sift(target, rows)
        rows, outcome.duplicates, outcome.rejects = sifted.rows, sifted.duplicates, sifted.rejects
    for books, part in _by_risk(locked, rows):
        outcome.add(_write(target, books, part, source, looks=looks))
    _drop_empty(target, locked)
    return outcome


def _by_risk(books: Sequence[Mapping[str, Any]], rows: pa.Table) -> Iterator[tuple[list[Mapping[str, Any]], pa.Table]]:
    """Hedge books each by itself, because a fill may be refused there; all others together."""
    hedged = np.asarray(rows["position_idx"].to_numpy() != 0)
    by_key = {tuple(book[name] for name in KEY): book for book in books}
    common = rows.filter(pa.array(~hedged))
    if len(common):
        present = _keys(common)
        yield [by_key[key] for key in present], common
    if hedged.any():
        alone = rows.filter(pa.array(hedged))
        for key in _keys(alone):
            mask = np.ones(len(alone), dtype=bool)
            for name, value in zip(KEY, key, strict=True):
                mask &= np.asarray(alone[name].to_numpy(zero_copy_only=False) == value)
            yield [by_key[key]], alone.filter(pa.array(mask))


def _keys(rows: pa.Table) -> list[tuple[Any, ...]]:
    """The books of the rows, in their order."""
    found = rows.select(list(KEY)).group_by(list(KEY), use_threads=False).aggregate([]).to_pylist()
    return [tuple(row[name] for name in KEY) for row in found]


def _write(target: Target, books: list[Mapping[str, Any]], rows: pa.Table, source: str, *, looks: bool) -> Outcome:
    outcome = Outcome()
    if books[0]["position_idx"]:
        rows, outcome.rejects = _closable(books[0], rows)
    while len(rows):
        mixed = _mixed(target, books, rows, looks=looks)
        journal = rows.select(_SOURCED).append_column("source", pa.array([source] * len(rows)))
        try:
            with target.connection.transaction():
                outcome.written += write_fills(target, books, journal, mixed)
        except HedgeRefusedError as refused:
            row = _cause(rows, refused)
            outcome.rejects += _refused(rows, row)
            rows = pa.concat_tables([rows.slice(0, row), rows.slice(row + 1)])
        else:
            outcome.booked += sum(rows["parts"].to_pylist())
            break
    return outcome


def _closable(book: Mapping[str, Any], rows: pa.Table) -> tuple[pa.Table, list[Reject]]:
    """Refuses what would close more than a hedge leg has, as far as its fills come in exchange order."""
    if rows["exec_time"][0].cast(pa.int64()).as_py() <= book["last_exec_time"]:
        return rows, []
    opens, held = ("Buy" if book["position_idx"] == 1 else "Sell"), Decimal(book["size"])
    sound = np.ones(len(rows), dtype=bool)
    for number, (side, qty) in enumerate(zip(rows["side"].to_pylist(), rows["exec_qty"].to_pylist(), strict=True)):
        moved = Decimal(qty) if side == opens else -Decimal(qty)
        sound[number] = held + moved >= 0
        held += moved if sound[number] else 0
    rejects = [reject for number in np.flatnonzero(~sound) for reject in _refused(rows, int(number))]
    return rows.filter(pa.array(sound)), rejects


def _cause(rows: pa.Table, refused: HedgeRefusedError) -> int:
    """The row to refuse: the one itself, or if that is in the ledger the last one before that closes."""
    ids = rows["exec_id"].to_pylist()
    if refused.exec_id in ids:
        return int(ids.index(refused.exec_id))
    closing = [number for number, side in enumerate(rows["side"].to_pylist()) if side == refused.side]
    before = [number for number in closing if rows["exec_time"][number].as_py() <= refused.exec_time]
    return (before or closing or [len(rows) - 1])[-1]


def _refused(rows: pa.Table, number: int) -> list[Reject]:
    row = rows.slice(number, 1).to_pylist()[0]
    reject = Reject(row["origin"], row["line"], "exec_qty", row["exec_qty"], _HEDGE)
    return [reject] * int(row["parts"])


def _mixed(target: Target, books: Sequence[Mapping[str, Any]], rows: pa.Table, *, looks: bool) -> dict[int, list[str]]:
    """The orders that have a fill of the whole and single executions, by the book of the former."""
    whole = pc.and_(rows["whole_order"], pc.is_valid(rows["order_id"]))
    single = pc.and_(pc.invert(rows["whole_order"]), pc.is_valid(rows["order_id"]))
    if not looks and not (pc.any(whole).as_py() and pc.any(single).as_py()):
        return {}
    book_ids = {tuple(book[name] for name in KEY): book["book_id"] for book in books}
    ordered = rows.select([*KEY, "order_id"])
    wholes = {
        (row["category"], row["order_id"]): book_ids[tuple(row[name] for name in KEY)]
        for row in ordered.filter(whole).to_pylist()
    }
    executions = ordered.filter(single)
    executed = set(zip(executions["category"].to_pylist(), executions["order_id"].to_pylist(), strict=True))
    if looks:
        orders = ordered.filter(pc.is_valid(rows["order_id"]))
        categories, order_ids = orders["category"].to_pylist(), orders["order_id"].to_pylist()
        for row in target.ask("import_orders", categories=categories, order_ids=order_ids):
            order = row["category"], row["order_id"]
            if row["has_whole"]:
                wholes[order] = row["book_id"]
            if row["has_executions"]:
                executed.add(order)
    mixed: dict[int, list[str]] = {}
    for order in sorted(executed & wholes.keys()):
        mixed.setdefault(wholes[order], []).append(order[1])
    return mixed


def _drop_empty(target: Target, books: Sequence[Mapping[str, Any]]) -> None:
    """Takes back books in which nothing was booked after all."""
    new = [book["book_id"] for book in books if not book["book_seq"] and not book["cash_seq"]]
    target.ask("import_drop_empty", book_ids=new)


def book_cash(target: Target, rows: pa.Table, source: str) -> Outcome:
    """Books funding and other cash. The caller is in a transaction."""
    sifted = sift(target, rows)
    outcome = Outcome(duplicates=sifted.duplicates, rejects=sifted.rejects)
    if len(sifted.rows):
        given = sifted.rows.drop_columns(["is_cash", "whole_order", "parts", "origin", "line"]).to_pylist()
        target.ask("import_cash", source=source, rows=as_json(given))
        outcome.booked = outcome.payments = len(given)
    return outcome
