"""Journal rows, lots and trades of a block in columns, against the oracle: whole books, and books in two blocks."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

from ledger.money import plain
from reconcile.history.deriving import Block, HedgeRefusedError, Line
from reconcile.history.held import NO_LOTS, left_open
from reconcile.history.journal import FILL_COLUMNS, Head, linked, numbered, valued
from tests.busy_books import busy_book
from tests.exact import decimal
from tests.oracle import Book, Fill, Trade, derive
from tests.oracle_ledger import BookKey
from tests.strategies import BOOKS

_SCHEMA = pa.schema(
    [("exec_time", pa.timestamp("us", "UTC")), ("seq", pa.int64()), ("position_idx", pa.int16())]
    + [("is_maker", pa.bool_())]
    + [(name, pa.string()) for name in (
        "bot_id", "category", "symbol", "exec_id", "order_id", "client_order_id", "side", "exec_type", "exec_price",
        "exec_qty", "commission", "commission_asset", "close_reason", "source",
    )]
)  # fmt: skip
_ODD = 'said "so", (or) \\ not'


@dataclass
class Played:
    """A book that blocks are derived of, and what came out so far."""

    key: BookKey
    number: int
    fills: list[Fill]
    seq: int = 0
    hash: bytes = b""
    position: str = "0"
    cycle_id: int = 0
    opened: str = "0"
    lots: pa.Table = field(default_factory=lambda: NO_LOTS)

    def head(self, rows: slice) -> Head:
        coins = self.key.instrument
        return Head(
            book_id=self.number, book_seq=self.seq, hash=self.hash, base_coin=coins.base, quote_coin=coins.quote,
            settle_coin=coins.settle, rows=rows,
        )  # fmt: skip

    def line(self, rows: slice) -> Line:
        coins = self.key.instrument
        closed = plain(decimal(Fraction(self.opened) - abs(Fraction(self.position))))
        return Line(
            book_id=self.number, position_idx=self.key.position_idx, inverse=coins.category == "inverse",
            multiplier=str(coins.multiplier), settle_coin=coins.settle, position=self.position,
            cycle_id=self.cycle_id, opened=self.opened, closed=closed, open_lots=self.lots, rows=rows,
        )  # fmt: skip


def _row(book: Played, fill: Fill) -> dict[str, Any]:
    number = int(fill.exec_id[1:])
    return {
        "exec_time": fill.time, "seq": fill.seq, "position_idx": book.key.position_idx, "bot_id": "bot",
        "is_maker": (None, True, False)[number % 3], "category": book.key.instrument.category,
        "symbol": book.key.instrument.symbol, "exec_id": fill.exec_id, "order_id": fill.order_id,
        "client_order_id": f"c-{number}", "side": fill.side, "exec_type": "Trade", "source": "import",
        "exec_price": plain(decimal(fill.price)), "exec_qty": plain(decimal(fill.qty)),
        "commission": plain(decimal(fill.commission)),
        "commission_asset": None if fill.commission_asset == book.key.instrument.settle else fill.commission_asset,
        "close_reason": _ODD if number % 4 == 0 else f"r{number}",
    }  # fmt: skip


def _slices(books: Sequence[Played]) -> list[slice]:
    found, start = [], 0
    for book in books:
        found.append(slice(start, start + len(book.fills)))
        start += len(book.fills)
    return found


def _journaled(books: Sequence[Played]) -> tuple[pa.Table, list[bytes]]:
    heads = [book.head(rows) for book, rows in zip(books, _slices(books), strict=True)]
    rows = pa.Table.from_pylist([_row(book, fill) for book in books for fill in book.fills], _SCHEMA)
    return linked(numbered(valued(rows, heads), heads, 7), heads)


def _derived(books: Sequence[Played]) -> tuple[Block, pa.Table, list[bytes]]:
    rows, last = _journaled(books)
    lines = [book.line(where) for book, where in zip(books, _slices(books), strict=True)]
    return Block(rows, lines), rows, last


def _played(count: int, seed: int, keys: Sequence[BookKey] = BOOKS) -> list[Played]:
    return [
        Played(key, 11 + n, sorted(busy_book(key, count, seed), key=lambda f: f.order)) for n, key in enumerate(keys)
    ]


def _names(book: Played, rows: Sequence[dict[str, Any]], already: int) -> dict[int, Fill]:
    mine = [row for row in rows if row["book_id"] == book.number]
    assert [row["fill_id"] for row in mine] == [(book.number << 32) + already + 1 + n for n in range(len(mine))]
    return {row["fill_id"]: fill for row, fill in zip(mine, book.fills, strict=True)}


def _trade(row: dict[str, Any], names: dict[int, Fill]) -> tuple[Any, ...]:
    numbers = ("quantity", "gross_pnl", "entry_commission", "exit_commission", "net_pnl", "pnl_pct")
    return (
        names[row["entry_fill_id"]].exec_id, names[row["exit_fill_id"]].exec_id, row["side"],
        row["entry_commission_asset"], row["exit_commission_asset"],
        *(None if row[name] is None else Fraction(row[name]) for name in numbers),
        Fraction(row["entry_price"]), Fraction(row["exit_price"]), row["entry_time"], row["exit_time"],
        row["entry_order_id"], row["exit_order_id"], Fraction(row["holding_seconds"]),
    )  # fmt: skip


def _expected(trade: Trade) -> tuple[Any, ...]:
    one, other = trade.entry, trade.exit
    return (
        one.exec_id, other.exec_id, one.side, trade.entry_asset, trade.exit_asset, trade.qty, trade.gross,
        trade.entry_commission, trade.exit_commission, trade.net, trade.pnl_pct, one.price, other.price, one.time,
        other.time, one.order_id, other.order_id, Fraction((other.time - one.time).total_seconds()),
    )  # fmt: skip


def _book(book: Played, fills: Sequence[Fill]) -> Book:
    return derive(book.key.instrument, book.key.position_idx, fills)


def _check(books: Sequence[Played], then: Sequence[tuple[Book, Book]], names: dict[int, Fill], block: Block) -> None:
    """`then`: each book before the block and after it."""
    derived = block.derived()
    lots, trades = derived.lots.to_pylist(), derived.trades.to_pylist()
    for book, (known, whole), end in zip(books, then, derived.ends, strict=True):
        new = whole.trades[len(known.trades) :]
        mine = [row for row in trades if row["book_id"] == book.number]
        assert [_trade(row, names) for row in mine] == [_expected(trade) for trade in new]
        assert {row["account_id"] for row in mine} <= {7}
        opened = whole.lots[len(known.lots) :]
        own = [row for row in lots if row["book_id"] == book.number]
        assert [
            (names[row["fill_id"]].exec_id, row["side"], row["commission_asset"], Fraction(row["commission"]),
             Fraction(row["open_to"]) - Fraction(row["open_from"]), Fraction(row["entry_price"]), row["entry_time"])
            for row in own
        ] == [
            (lot.fill.exec_id, lot.fill.side, lot.asset, lot.commission, lot.original, lot.fill.price, lot.fill.time)
            for lot in opened
        ]  # fmt: skip
        sign = -1 if whole.side == "Sell" else 1
        assert Fraction(end.position) == sign * whole.size
        assert (end.trades, Fraction(end.gross), Fraction(end.net)) == (
            len(new), sum(trade.gross for trade in new), sum(trade.net for trade in new),
        )  # fmt: skip
        assert Fraction(end.short_opened) == sum(lot.original for lot in opened if lot.fill.side == "Sell")


@pytest.mark.parametrize("seed", range(6))
def test_blocks_of_many_books(seed: int) -> None:
    whole = _played(24, seed)
    if seed % 2:  # more digits than amounts are rounded to
        whole[5].fills[3] = replace(whole[5].fills[3], commission=Fraction(7, 10**20))
    cut = random.Random(seed).randrange(1, 23)
    nothing = [_book(book, []) for book in whole]
    first = [replace(book, fills=book.fills[:cut]) for book in whole]
    halfway = [_book(book, book.fills) for book in first]
    block, rows, last = _derived(first)
    names = {key: fill for book in first for key, fill in _names(book, rows.to_pylist(), 0).items()}
    _check(first, list(zip(nothing, halfway, strict=True)), names, block)
    second = []
    for n, end in enumerate(block.derived().ends):
        lots = left_open(block, n).lots
        second.append(
            replace(whole[n], fills=whole[n].fills[cut:], seq=cut, hash=last[n], position=end.position,
                    cycle_id=end.cycle_id, opened=end.opened, lots=lots if len(lots) else NO_LOTS)
        )  # fmt: skip
    block, rows, _ = _derived(second)
    names |= {key: fill for book in second for key, fill in _names(book, rows.to_pylist(), cut).items()}
    after = [_book(book, book.fills) for book in whole]
    _check(second, list(zip(halfway, after, strict=True)), names, block)


def test_the_order_of_columns_does_not_matter() -> None:
    books = _played(9, 2)
    heads = [book.head(rows) for book, rows in zip(books, _slices(books), strict=True)]
    rows = pa.Table.from_pylist([_row(book, fill) for book in books for fill in book.fills], _SCHEMA)
    turned = valued(
        rows.select(["commission_asset", *reversed(rows.column_names[:-3]), "close_reason", "source"]), heads
    )
    expected = valued(rows, heads)
    assert sorted(turned.column_names) == sorted(expected.column_names)
    assert turned.select(expected.column_names).equals(expected)


def test_the_chain_of_a_block() -> None:
    books = _played(9, 3)
    books[1] = replace(books[1], seq=41, hash=b"before")
    rows, last = _journaled(books)
    found = rows.to_pylist()
    start = 0
    for book, end in zip(books, last, strict=True):
        link = book.hash
        for row in found[start : start + len(book.fills)]:
            text = ",".join(_cell(name, row[name]) for name in FILL_COLUMNS[:-1])
            link = hashlib.sha256(link + f"({text})".encode()).digest()
            assert row["hash"] == "\\x" + link.hex()
        assert link == end
        start += len(book.fills)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    if name in {"exec_time", "recorded_at"}:
        return str(round(value.timestamp() * 10**6))
    text = str(value)
    if any(one in text for one in ' ,()"\\'):
        return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
    return text


@pytest.mark.parametrize(("idx", "side"), [(1, "Sell"), (2, "Buy")])
def test_a_leg_that_is_closed_too_far_names_the_fill(idx: int, side: str) -> None:
    keys = (BOOKS[0], BookKey(BOOKS[2].instrument, idx))
    books = _played(8, 1, keys)
    wrong = replace(books[1].fills[-1], exec_id="e0099", side=side, qty=Fraction(10**6), time=books[1].fills[-1].time)
    books[1].fills += [wrong, replace(wrong, exec_id="e0100")]
    with pytest.raises(HedgeRefusedError) as refused:
        _derived(books)
    assert (refused.value.exec_id, refused.value.side, refused.value.exec_time) == ("e0099", side, wrong.time)


@pytest.mark.parametrize(("idx", "side"), [(1, "Sell"), (2, "Buy")])
def test_a_leg_that_is_closed_by_the_least_too_much(idx: int, side: str) -> None:
    (book,) = _played(1, 1, [BookKey(BOOKS[2].instrument, idx)])
    book.fills[0] = replace(book.fills[0], side=side, qty=Fraction(1))
    with pytest.raises(HedgeRefusedError):
        _derived([book])


def test_prices_that_nobody_knows() -> None:
    books = _played(20, 5, BOOKS[:2])
    rows, _ = _journaled(books)
    prices = [None if n % 5 < 2 else price for n, price in enumerate(rows["exec_price"].to_pylist())]
    rows = rows.set_column(rows.schema.get_field_index("exec_price"), "exec_price", pa.array(prices, pa.string()))
    block = Block(rows, [book.line(where) for book, where in zip(books, _slices(books), strict=True)])
    known = dict(zip(rows["fill_id"].to_pylist(), prices, strict=True))
    reasons = {(False, False): None, (True, False): "entry price unknown", (False, True): "exit price unknown",
               (True, True): "entry and exit price unknown"}  # fmt: skip
    found = block.derived()
    seen = set()
    for trade in found.trades.to_pylist():
        unknown = known[trade["entry_fill_id"]] is None, known[trade["exit_fill_id"]] is None
        seen.add(unknown)
        assert trade["pnl_reason"] == reasons[unknown]
        assert (trade["gross_pnl"] is None, trade["net_pnl"] is None, trade["pnl_pct"] is None) == (any(unknown),) * 3
    assert len(seen) == 4
    for book, end in zip(books, found.ends, strict=True):
        own = [trade for trade in found.trades.to_pylist() if trade["book_id"] == book.number]
        assert Fraction(end.gross) == sum(Fraction(trade["gross_pnl"]) for trade in own if trade["gross_pnl"])
        assert Fraction(end.net) == sum(Fraction(trade["net_pnl"]) for trade in own if trade["net_pnl"])
