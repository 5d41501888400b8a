"""Damage to a ledger past its own functions, and what `verify_book` says of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from ledger import LedgerClient
from tests.fills import fill
from tests.statements import statement

_WAYS = {
    "boolean": ("flip", "fill_in_flag"),
    "bytea": ("byte", "shorter_byte"),
    "integer": ("add_one", "add_many", "fill_in_number"),
    "bigint": ("add_one", "add_many", "fill_in_number"),
    "smallint": ("add_one", "fill_in_number"),
    "numeric": ("add_one", "add_tiny", "negate", "zero", "no_number", "endless", "fill_in_number"),
    "text": ("append", "other_case", "other_side", "fill_in_text"),
    "timestamp with time zone": ("microsecond", "hour", "before_all", "after_all", "fill_in_time"),
}


@dataclass(frozen=True)
class Row:
    """Where a row is, and whose it is."""

    place: str
    account_id: int
    book_id: int


@dataclass(frozen=True)
class Target:
    """A superuser's connection to a ledger, past all triggers and constraints. All damage is taken back."""

    connection: psycopg.Connection[Any]

    def prepare(self) -> None:
        """Takes the guards away."""
        self.connection.execute(statement("damage/prepare"))

    def complaints(self) -> list[Any]:
        """What `verify_book` says of all books."""
        return self.connection.execute(statement("damage/verify_all")).fetchall()

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Name and type of each column."""
        return self.connection.execute(statement("damage/columns"), {"table": table}).fetchall()

    def rows(self, table: str, *, every: bool = False) -> list[Row]:
        """Rows to try on: some of each book, or every one."""
        name = "damage/all_rows" if every else "damage/rows"
        return [Row(*row) for row in self.connection.execute(statement(name, table=table)).fetchall()]

    def changed(self, table: str, column: str, column_type: str, row: Row) -> dict[str, bool]:
        """For each way in which the column's value can be another: whether its book's verification sees it."""
        return {way: bool(found) for way, found in self.said(table, column, column_type, row).items()}

    def repaired(self, table: str, column: str, column_type: str, row: Row) -> dict[str, bool]:
        """For each way in which the column's value can be another: whether a rebuild brings back what was there."""
        return {way: not found for way, found in self.said(table, column, column_type, row, rebuild=True).items()}

    def said(
        self, table: str, column: str, column_type: str, row: Row, *, rebuild: bool = False
    ) -> dict[str, list[Any]]:
        """For each way in which the column's value can be another: what its book's verification says."""
        seen = {}
        for way in (*_WAYS[column_type], "erase"):
            found = self.damaged(f"set_{way}", row, {"row": row.place}, rebuild=rebuild, table=table, column=column)
            if found is not None:
                seen[way] = found
        return seen

    def damaged(
        self, name: str, row: Row, parameters: dict[str, Any], *, rebuild: bool = False, **identifiers: str
    ) -> list[Any] | None:
        """What the row's book has to complain of after the damage; None if nothing was changed, or could be."""
        with self.connection.transaction(force_rollback=True):
            try:
                changed = self.connection.execute(statement(f"damage/{name}", **identifiers), parameters).rowcount
            except (psycopg.errors.IntegrityError, psycopg.errors.DataError):
                return None  # the key or the type itself refuses it
            if not changed:
                return None
            if rebuild:
                self._rebuild(row)
            return self._complaints_of(row.account_id, row.book_id)

    def inserted(self, table: str, row: Row, changes: dict[str, Any], *, rebuild: bool = False) -> list[Any]:
        """What the books have to complain of after a forged copy of a row."""
        with self.connection.transaction(force_rollback=True):
            parameters = {"row": row.place, "changes": json.dumps(changes)}
            done = self.connection.execute(statement("damage/insert", table=table), parameters)
            assert done.rowcount == 1
            if rebuild:
                self._rebuild(row)
            return self._complaints_of(row.account_id, row.book_id) + self.complaints()

    def swapped(self, table: str, rows: Sequence[Row], columns: Sequence[str]) -> list[Any] | None:
        """What a book has to complain of after two of its rows changed places."""
        parameters = {"rows": [row.place for row in rows], "columns": list(columns)}
        return self.damaged("swap", rows[0], parameters, table=table)

    def content(self, table: str, book: Row) -> tuple[Row, dict[str, Any]]:
        """The last row of a book in a table."""
        found = self.connection.execute(
            statement("damage/row_of_book", table=table), {"account_id": book.account_id, "book_id": book.book_id}
        ).fetchone()
        assert found is not None
        return Row(found[0], book.account_id, book.book_id), found[1]

    def closing_fill(self) -> tuple[Row, int]:
        """A book, and a fill in it that opened nothing."""
        found = self.connection.execute(statement("damage/closing_fill")).fetchone()
        assert found is not None
        return Row("", found[0], found[1]), found[2]

    def _rebuild(self, row: Row) -> None:
        self.connection.execute(statement("damage/rebuild"), {"account_id": row.account_id, "book_id": row.book_id})

    def _complaints_of(self, account_id: int, book_id: int) -> list[Any]:
        parameters = {"account_id": account_id, "book_id": book_id}
        return self.connection.execute(statement("damage/verify"), parameters).fetchall()


def record_everything(client: LedgerClient) -> None:
    """Books of every kind, with something in each column of each table."""
    client.record_fills(
        [
            fill("b1", "Buy", "1.5", "100", 0, commission="0.11", order_id="o1", client_order_id="bot-in-123456789"),
            fill("b2", "Buy", "2", "101.5", 1, commission="0.2", order_id="o2", seq=7, is_maker=True),
            fill("s1", "Sell", "2.5", "110", 2, commission="-0.3", order_id="o3", close_reason="tp"),
            fill("f1", "Sell", "3.5", "110", 2.5, commission="0.02", exec_type="Funding", order_id="o4"),
            fill("f2", "Sell", "3.5", "110", 2.6, commission="0.03", exec_type="Funding"),
            fill("s2", "Sell", "2", "99", 3, commission="0.3", close_reason="flip", order_id="o5"),
            fill("s3", "Sell", "1", "98", 4, commission="0.1"),
        ]
    )
    # Orders whose executions took the place of what the bot had written; then a late fill.
    for number in (1, 2):
        order = f"whole{number}"
        client.record_fill(**fill(None, "Buy", "1", "97", 5, order_id=order, commission="0.1"))
        client.record_fill(**fill(f"w{number}a", "Buy", "0.4", "96", 5, order_id=order, commission="0.04", seq=1))
        client.record_fill(**fill(f"w{number}b", "Buy", "0.6", "96.5", 5, order_id=order, commission="0.06", seq=2))
    client.record_fill(**fill("late", "Buy", "0.25", "100.5", 0.5))
    spot: dict[str, Any] = {"symbol": "ETHUSDT", "category": "spot", "commission_asset": "ETH"}
    client.record_fill(**fill("e1", "Buy", "1", "2000", commission="0.001", **spot))
    client.record_fill(**fill("e2", "Sell", "0.5", "2100", 1, commission="0.0005", **spot))
    inverse: dict[str, Any] = {"symbol": "BTCUSD", "category": "inverse"}
    client.record_fill(**fill("i1", "Sell", "100", "50000", commission="0.00001", **inverse))
    client.record_fill(**fill("i2", "Buy", "30", "51000", 1, **inverse))
    # Nothing is closed yet in this one.
    client.record_fill(**fill("x1", "Buy", "1", "5", symbol="SOLUSDT"))
    # And here nothing but cash was booked.
    for at in (1, 2):
        client.record_fill(**fill(f"c{at}", at=at, commission="0.5", exec_type="Funding", symbol="XRPUSDT"))
