"""One transaction of an import: which rows are new is found out under the books' locks, then they are written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.booking import Written, runs, write_fills
from reconcile.history.deriving import HedgeRefusedError
from reconcile.history.held import KEY
from reconcile.history.known import sift
from reconcile.history.rows import Reject
from reconcile.history.staging import StagedBook
from reconcile.history.writing import Target, as_json

HEDGE = "a hedge book never flips: this would close more than is open"
_FEE = "in the base coin less than the quantity that was bought"
_SOURCED = ("exec_time", "seq", "position_idx", "is_maker", "bot_id", "category", "symbol", "exec_id", "order_id",
            "client_order_id", "side", "exec_type", "exec_price", "exec_qty", "commission", "commission_asset",
            "close_reason")  # fmt: skip

_Row = Mapping[str, Any]  # of the query import_books


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a chunk. `booked` and `duplicates` count the source's rows.

    `as_prepared`: they were prepared before the books were locked, and written so.
    """

    booked: int = 0
    duplicates: int = 0
    payments: int = 0
    written: Written = field(default_factory=Written)
    rejects: list[Reject] = field(default_factory=list)
    books: list[_Row] = field(default_factory=list)  # as they were locked
    after: list[_Row] = field(default_factory=list)  # as they stood when `look_after` was called
    as_prepared: bool = False

    def add(self, other: "Outcome") -> None:
        """Sums up; `as_prepared` becomes that of the last."""
        self.booked += other.booked
        self.duplicates += other.duplicates
        self.payments += other.payments
        self.written += other.written
        self.rejects += other.rejects
        self.books += other.books
        self.after += other.after
        self.as_prepared = other.as_prepared

    def add_all(self, others: Iterable["Outcome"]) -> None:
        """Sums all up."""
        for other in others:
            self.add(other)

    def look_after(self, target: Target) -> None:
        """Keeps how the books stand now."""
        ids = sorted({book["book_id"] for book in self.books})
        self.after = [*target.ask("import_books_after", book_ids=ids)]


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
    locked = lock_books(target, chunk.books)
    outcome = Outcome(books=list(locked))
    rows = chunk.rows
    # What somebody else booked in the meantime is seen by the numbers that were given out.
    looks = not (chunk.fresh and all(book["book_seq"] == 0 for book in locked))
    if looks:
        sifted = sift(target, rows)
        rows, outcome.duplicates, outcome.rejects = sifted.rows, sifted.duplicates, sifted.rejects
    for number, (books, part) in enumerate(_by_risk(locked, rows)):
        # Orders that lie in several books may have changed those to come.
        now: Sequence[_Row] = books
        if number:
            now = target.ask("import_books", book_ids=[book["book_id"] for book in books])
        outcome.add(_write(target, now, part, source, looks=looks))
    outcome.books += outcome.written.others
    _drop_empty(target, locked)
    return outcome


def lock_books(target: Target, books: Sequence[StagedBook]) -> list[dict[str, Any]]:
    """The books as they are from now on until the transaction ends; made if they are not there."""
    locked = target.ask("import_lock_books", books=as_json([book.key for book in books]))
    return target.ask("import_books", book_ids=[book["book_id"] for book in locked])


def _by_risk(books: Sequence[_Row], rows: pa.Table) -> Iterator[tuple[Sequence[_Row], pa.Table]]:
    """Hedge books each by itself, because a fill may be refused there; all others together."""
    hedged = np.asarray(rows["position_idx"].to_numpy() != 0)
    by_key = {tuple(book[name] for name in KEY): book for book in books}
    common = rows.filter(pa.array(~hedged))
    if len(common):
        yield [by_key[key] for key, _ in runs(common)], common
    if hedged.any():
        alone = rows.filter(pa.array(hedged))
        for key, own in runs(alone):
            yield [by_key[key]], alone.slice(own.start, own.stop - own.start)


def _write(target: Target, books: Sequence[_Row], rows: pa.Table, source: str, *, looks: bool) -> Outcome:
    rows, rejects = receivable(books, rows)
    outcome = Outcome(rejects=rejects)
    # Fills of whole orders count only as far as executions do not: what is open then is found when they are matched.
    mixed = _mixed(target, books, rows, looks=looks)
    if len(rows) and books[0]["position_idx"] and not mixed:
        rows, rejects = _closable(books[0], rows)
        outcome.rejects += rejects
    while len(rows):
        try:
            with target.connection.transaction():
                outcome.written += write_fills(target, books, journal_rows(rows, source), mixed)
        except HedgeRefusedError as refused:
            row = _cause(rows, refused)
            outcome.rejects += _refused(rows, row, "exec_qty", HEDGE)
            rows = pa.concat_tables([rows.slice(0, row), rows.slice(row + 1)])
            mixed = _mixed(target, books, rows, looks=looks)
        else:
            outcome.booked += sum(rows["parts"].to_pylist())
            break
    return outcome


def journal_rows(rows: pa.Table, source: str) -> pa.Table:
    """The columns of the journal that come from a source."""
    return rows.select(_SOURCED).append_column("source", pa.array([source] * len(rows)))


def receivable(books: Sequence[_Row], rows: pa.Table) -> tuple[pa.Table, list[Reject]]:
    """Refuses spot purchases of which a fee in the base coin leaves nothing, as `trading.require_valid` does."""
    base = {tuple(book[name] for name in KEY): book["base_coin"] for book in books}
    bought = pc.and_(pc.equal(rows["category"], "spot"), pc.equal(rows["side"], "Buy"))
    candidates = np.flatnonzero(np.asarray(pc.and_(bought, pc.is_valid(rows["commission_asset"])), dtype=bool))
    columns = rows.select([*KEY, "commission_asset", "commission", "exec_qty"]).take(pa.array(candidates)).to_pylist()
    eaten = [
        int(number) for number, row in zip(candidates, columns, strict=True)
        if row["commission_asset"] == base[tuple(row[name] for name in KEY)]
        and Decimal(row["commission"]) >= Decimal(row["exec_qty"])
    ]  # fmt: skip
    rejects = [reject for number in eaten for reject in _refused(rows, number, "commission", _FEE)]
    sound = np.ones(len(rows), dtype=bool)
    sound[eaten] = False
    return rows.filter(pa.array(sound)) if eaten else rows, rejects


def _closable(book: _Row, rows: pa.Table) -> tuple[pa.Table, list[Reject]]:
    """Refuses what would close more than a hedge leg has, as far as its fills come in exchange order."""
    if rows["exec_time"][0].cast(pa.int64()).as_py() <= book["last_exec_time"]:
        return rows, []
    opens, held = ("Buy" if book["position_idx"] == 1 else "Sell"), Decimal(book["size"])
    sound = np.ones(len(rows), dtype=bool)
    for number, (side, qty) in enumerate(zip(rows["side"].to_pylist(), rows["exec_qty"].to_pylist(), strict=True)):
        moved = Decimal(qty) if side == opens else -Decimal(qty)
        sound[number] = held + moved >= 0
        held += moved if sound[number] else 0
    rejects = [reject for number in np.flatnonzero(~sound) for reject in _refused(rows, int(number), "exec_qty", HEDGE)]
    return rows.filter(pa.array(sound)), rejects


def _cause(rows: pa.Table, refused: HedgeRefusedError) -> int:
    """The row to refuse: the one itself, or if that is in the ledger the last one before that closes."""
    ids = rows["exec_id"].to_pylist()
    if refused.exec_id in ids:
        return int(ids.index(refused.exec_id))
    closing = [number for number, side in enumerate(rows["side"].to_pylist()) if side == refused.side]
    before = [number for number in closing if rows["exec_time"][number].as_py() <= refused.exec_time]
    return (before or closing or [len(rows) - 1])[-1]


def _refused(rows: pa.Table, number: int, field: str, rule: str) -> list[Reject]:
    row = rows.slice(number, 1).to_pylist()[0]
    reject = Reject(row["origin"], row["line"], field, row[field], rule)
    return [reject] * int(row["parts"])


def _mixed(target: Target, books: Sequence[_Row], rows: pa.Table, *, looks: bool) -> dict[int, list[str]]:
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


def _drop_empty(target: Target, books: Sequence[_Row]) -> None:
    """Takes back books in which nothing was booked after all."""
    new = [book["book_id"] for book in books if not book["book_seq"] and not book["cash_seq"]]
    target.ask("import_drop_empty", book_ids=new)


def book_cash(target: Target, rows: pa.Table, source: str) -> Outcome:
    """Books funding and other cash. The caller is in a transaction."""
    sifted = sift(target, rows)
    outcome = Outcome(duplicates=sifted.duplicates, rejects=sifted.rejects)
    if len(sifted.rows):
        given = sifted.rows.drop_columns(["is_cash", "whole_order", "parts", "origin", "line"]).to_pylist()
        new = target.ask("import_cash", source=source, rows=as_json(given))[0]["new"]
        outcome.booked = outcome.payments = new
        outcome.duplicates += len(given) - new  # which somebody else booked meanwhile
    return outcome
