"""The import's connections: rows into tables by COPY, and what queries answer."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from ledger.database.connecting import exact_json
from ledger.database.failures import translate
from ledger.queries import query

_PORTION = 1 << 20
_OPTIONS = pa_csv.WriteOptions(include_header=False, quoting_style="needed")

Connection = psycopg.Connection[dict[str, Any]]


def connect(conninfo: str) -> Connection:
    """A connection for writing in bulk, each answer's rows as dicts."""
    connection = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row, client_encoding="UTF8")
    set_json_loads(exact_json, connection)
    connection.execute(query("import_settings").encode())
    return connection


@contextmanager
def errors_translated() -> Iterator[None]:
    """Raises what the database refuses as the ledger's own errors."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error


@dataclass(frozen=True, slots=True)
class Target:
    """The account that is written to, and over which connection."""

    connection: Connection
    account_id: int

    def ask(self, name: str, **params: object) -> list[dict[str, Any]]:
        """The rows that a query about the account answers."""
        return ask(self.connection, name, {"account_id": self.account_id, **params})

    def ask_about(self, orders: Sequence[tuple[str, str]], name: str) -> list[dict[str, Any]]:
        """The rows that a query answers about orders of the account, given by category and id."""
        return self.ask(name, categories=[category for category, _ in orders], order_ids=[order for _, order in orders])

    def copy_in(self, table: str, rows: pa.Table) -> None:
        """Adds rows to `trading.<table>`; the columns have the names of the table's."""
        if not len(rows):
            return
        statement = sql.SQL(query("import_copy")).format(
            table=sql.Identifier("trading", table),
            columns=sql.SQL(", ").join(map(sql.Identifier, rows.column_names)),
        )
        data = encoded(rows)
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for start in range(0, len(data), _PORTION):
                copy.write(data[start : start + _PORTION])


def encoded(rows: pa.Table) -> memoryview:
    """Rows as COPY takes them."""
    sink = io.BytesIO()
    # In one piece: behind a column's empty piece, Arrow's writer (26.0) leaves bytes of rows unwritten.
    plain = pa.table(list(map(_plain, rows.columns)), rows.column_names).combine_chunks()
    pa_csv.write_csv(plain, sink, _OPTIONS)
    return sink.getbuffer()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments as text in UTC. Arrow asks the zone about each of them, which takes fifty times as long."""
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.binary_join_element_wise(column.cast(pa.timestamp("us")).cast(pa.string()), "Z", "")


def ask(connection: Connection, name: str, params: Mapping[str, object]) -> list[dict[str, Any]]:
    """The rows that a query answers."""
    cursor = connection.execute(query(name).encode(), params)
    return cursor.fetchall() if cursor.description else []


def as_json(rows: Sequence[Mapping[str, object]]) -> str:
    """A list as the database functions read it."""
    return json.dumps(rows, default=str)
