"""What the tables say and what the oracle says, in one form, so that they can be compared whole.

Numbers are exact, fills go by their execution ids: nothing depends on the order in which they arrived.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.oracle import Book, Lot, Trade
from tests.oracle_ledger import BookKey, OracleLedger
from tests.statements import statement
from tests.translation import fractions

Numbers = tuple[Fraction | None, ...]
BookName = tuple[str, str, int]


@dataclass(frozen=True)
class LotRow:
    """A lot: price, original and remaining quantity, its commission, and what is left of that."""

    exec_id: str
    side: str
    asset: str
    numbers: Numbers


@dataclass(frozen=True)
class TradeRow:
    """A trade: quantity, both prices, gross, both commissions, net, percent."""

    entry: str
    exit: str
    side: str
    assets: tuple[str, str]
    numbers: Numbers


@dataclass(frozen=True)
class BookRows:
    """A book: size, average, gross, net, open commission, dust, cash paid; lots and trades in exchange order."""

    side: str
    entries: int
    first_and_last_entry: tuple[datetime | None, datetime | None]
    numbers: Numbers
    lots: tuple[LotRow, ...]
    trades: tuple[TradeRow, ...]


def stored_books(connection: psycopg.Connection[Any], account_id: int) -> dict[BookName, BookRows]:
    """What the tables hold of an account."""
    rows = {name: _rows(connection, f"stored_{name}", account_id) for name in ("books", "lots", "trades")}
    return {
        (book["category"], book["symbol"], book["position_idx"]): BookRows(
            side=book["side"],
            entries=book["entries"],
            first_and_last_entry=(book["first_entry_time"], book["last_entry_time"]),
            numbers=fractions(
                book, "size", "average", "realized_gross", "realized_net", "open_commission", "dust_qty", "paid"
            ),
            lots=tuple(_stored_lot(row) for row in rows["lots"] if row["book_id"] == book["book_id"]),
            trades=tuple(_stored_trade(row) for row in rows["trades"] if row["book_id"] == book["book_id"]),
        )
        for book in rows["books"]
    }


def expected_books(ledger: OracleLedger) -> dict[BookName, BookRows]:
    """What the tables should hold."""
    paid_only = {key: ledger.book(key) for key, _ in ledger.cash.values()}
    return {
        (key.instrument.category, key.instrument.symbol, key.position_idx): _expected(ledger, key, book)
        for key, book in (paid_only | ledger.books()).items()
    }


def _rows(connection: psycopg.Connection[Any], name: str, account_id: int) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement(name), {"account_id": account_id}).fetchall()


def _stored_lot(row: dict[str, Any]) -> LotRow:
    numbers = fractions(row, "entry_price", "original_qty", "remaining_qty", "entry_commission", "remaining_commission")
    return LotRow(row["exec_id"], row["side"], row["commission_asset"], numbers)


def _stored_trade(row: dict[str, Any]) -> TradeRow:
    prices = fractions(row, "quantity", "entry_price", "exit_price", "gross_pnl")
    rest = fractions(row, "entry_commission", "exit_commission", "net_pnl", "pnl_pct")
    assets = row["entry_commission_asset"], row["exit_commission_asset"]
    return TradeRow(row["entry_exec_id"], row["exit_exec_id"], row["side"], assets, prices + rest)


def _expected(ledger: OracleLedger, key: BookKey, book: Book) -> BookRows:
    times = [lot.fill.time for lot in book.open_lots]
    return BookRows(
        side=book.side,
        entries=len(times),
        first_and_last_entry=(times[0], times[-1]) if times else (None, None),
        numbers=(
            book.size,
            book.average,
            book.realized_gross,
            book.realized_net,
            book.open_commission,
            book.dust,
            ledger.paid(key),
        ),
        lots=tuple(_expected_lot(lot) for lot in book.lots),
        trades=tuple(_expected_trade(trade) for trade in book.trades),
    )


def _expected_lot(lot: Lot) -> LotRow:
    numbers = (lot.fill.price, lot.original, lot.remaining, lot.commission, lot.remaining_commission)
    return LotRow(lot.fill.exec_id, lot.fill.side, lot.asset, numbers)


def _expected_trade(trade: Trade) -> TradeRow:
    return TradeRow(
        entry=trade.entry.exec_id,
        exit=trade.exit.exec_id,
        side=trade.entry.side,
        assets=(trade.entry_asset, trade.exit_asset),
        numbers=(
            trade.qty,
            trade.entry.price,
            trade.exit.price,
            trade.gross,
            trade.entry_commission,
            trade.exit_commission,
            trade.net,
            trade.pnl_pct,
        ),
    )
