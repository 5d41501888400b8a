"""What is compared, read from one snapshot of the database and streamed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from ledger.database.failures import translate
from ledger.database.url import to_conninfo
from ledger.queries import query
from reconcile.history.legacy.costing import Fill
from reconcile.history.legacy.values import Book, LegacyTrade

_ROWS = 2000  # fetched at a time


class Snapshot:
    """The database as of one moment."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def books(self, **filters: str | None) -> list[Book]:
        """Books of the bots that an earlier system booked for; by account, bot, symbol, category and source."""
        rows = self._rows("legacy_books", filters)
        return [Book(**{**row, "sources": tuple(row["sources"])}) for row in rows]

    def trades(self, book: Book, source: str | None) -> list[LegacyTrade]:
        """What the earlier system booked, in the order of its exits."""
        return [LegacyTrade(**row) for row in self._rows("legacy_trades_of_book", {**_key(book), "source": source})]

    def fills(self, book: Book) -> Iterator[Fill]:
        """The fills that count, in exchange order; none where the ledger has no such book."""
        if book.book_id is not None:
            for row in self._rows("legacy_fills_of_book", _key(book)):
                yield Fill(**row)

    def _rows(self, name: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        with self._connection.cursor(name, row_factory=psycopg.rows.dict_row) as cursor:
            cursor.itersize = _ROWS
            cursor.execute(query(name).encode(), params)
            yield from cursor


@contextmanager
def snapshot(database_url: str) -> Iterator[Snapshot]:
    """Reads only. Raises the errors of `ledger.errors` where the database does not answer."""
    try:
        with psycopg.connect(to_conninfo(database_url)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield Snapshot(connection)
    except psycopg.Error as error:
        raise translate(error) from error


def _key(book: Book) -> dict[str, Any]:
    names = ("account_id", "bot_id", "category", "symbol", "position_idx", "book_id")
    return {name: getattr(book, name) for name in names}
