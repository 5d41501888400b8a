"""The journal's chain of hashes, computed outside the database as the documentation says."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.money import plain
from tests.statements import statement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A text in which everything stands that the text of a row quotes.
ODD = 'he said "up, up", \\ and (not) down; λ'
_QUOTED = frozenset('(),"\\ \t\n\r\v\f')

Row = dict[str, Any]


def table_rows(connection: psycopg.Connection[Any], table: str) -> list[Row]:
    """All rows of a table, with the names of their columns."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("whole_table", table=table)).fetchall()


def check_chains(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Each book's chain over fills and voids, and that over cash; answers how many voids and payments there are."""
    voids = table_rows(connection, "fill_voids")
    journal = [*table_rows(connection, "fills"), *voids]
    _check(sorted(journal, key=lambda row: (row["book_id"], row["book_seq"], row in voids)))
    cash = sorted(table_rows(connection, "funding_payments"), key=itemgetter("book_id", "cash_seq"))
    _check(cash)
    return len(voids), len(cash)


def _check(rows: Sequence[Row]) -> None:
    for _, own in groupby(rows, itemgetter("book_id")):
        entries = list(own)
        assert [row["hash"] for row in entries] == list(_links(entries))


def _links(entries: Sequence[Row]) -> Iterator[bytes]:
    """The chain over rows of one book, in the order of its journal."""
    head = b""
    for row in entries:
        content = ",".join(_text(value) for name, value in row.items() if name != "hash")
        head = hashlib.sha256(head + f"({content})".encode()).digest()
        yield head


def _text(value: object) -> str:
    """A value in the text of a row."""
    match value:
        case None:
            return ""
        case bool():
            return "t" if value else "f"
        case Decimal():
            return plain(value)
        case datetime():
            return str((value - _EPOCH) // timedelta(microseconds=1))
    text = str(value)
    if text and not _QUOTED & set(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
