"""An existing table or view of a PostgreSQL as a source, read by COPY in one transaction that sees one state."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import errors as pg
from psycopg import sql
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import dict_row

from ledger.cli.masking import mask_database_url
from ledger.database.failures import translate
from ledger.database.url import to_conninfo
from ledger.errors import ConfigurationError, PermissionDeniedError
from ledger.queries import query
from reconcile.history.rows import Batch
from reconcile.history.sources.chunk import Chunk
from reconcile.history.sources.delimited import parse_block
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.layouts import Layout, choose_layout
from reconcile.history.sources.mapping import ColumnMapping
from reconcile.history.sources.text import BLOCK

_INTEGERS = {"smallint", "integer", "bigint"}
Connection = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Table:
    path: sql.Identifier
    estimate: int | None
    types: dict[str, str]  # by column

    @property
    def names(self) -> list[str]:
        return list(self.types)


class TableSource:
    """Fills out of a table. Its columns are recognised by name; `id` is the row's own key."""

    unit = "rows"

    def __init__(
        self,
        database_url: str,
        table: str,
        *,
        mapping: ColumnMapping | None = None,
        choose: Callable[[str, Sequence[str]], Layout] | None = None,
    ) -> None:
        """Takes the names; nothing is connected to yet.

        Args:
            database_url: any libpq URL or connection string.
            table: as in SQL: `fills`, `trading.fills`, `"Old Bots".fills`.
            mapping: the user's names, values and constants.
            choose: the layout of a table with these columns, for rows that are no fills; default: by `mapping`.

        Raises:
            ConfigurationError: the URL is none.
        """
        try:
            self._conninfo = to_conninfo(database_url)
        except ConfigurationError as error:
            raise ConfigurationError(str(error).replace("LEDGER_DATABASE_URL", "the URL of the source")) from None
        self._written = table
        self._mapping = of_fills = mapping or ColumnMapping()
        self._choose = choose or (lambda origin, names: choose_layout(origin, names, of_fills))
        self._masked = mask_database_url(database_url)
        self.layouts: dict[str, str] = {}
        self.unread: dict[str, tuple[str, ...]] = {}

    @property
    def name(self) -> str:
        """The table and where it is, without a password."""
        return f"{self._written} in {self._masked}"

    @cached_property
    def total(self) -> int | None:
        """Rows: by the server's estimate, or counted where it has none.

        Raises what `batches` raises for a table that cannot be read.
        """
        with self._connected() as connection:
            table = self._find(connection)
            if table.estimate is not None:
                return table.estimate
            counted = connection.execute(_composed("import_rows", table=table.path)).fetchone()
            return int((counted or {"count": 0})["count"])

    def batches(self) -> Iterator[Batch]:
        """The rows as they were when reading began.

        Raises:
            UnreadableSourceError: there is no such table, or it lacks a column.
            PermissionDeniedError: the login may not read it, or not all of its rows.
            DatabaseUnavailableError: the server did not answer.
        """
        with self._connected() as connection:
            table = self._find(connection)
            layout = self._choose(self._written, table.names)
            names = layout.used(table.names)
            self.layouts[self._written] = layout.name
            self.unread[self._written] = tuple(name for name in table.names if name not in names)
            columns = sql.SQL(", ").join(_composed("import_column", column=sql.Identifier(one)) for one in names)
            copy = _composed("import_table", columns=columns, table=table.path)
            done = 0
            for block in self._blocks(connection, copy):
                rows = parse_block(block, names, ",", quoted=b'"' in block)
                if rows is None:
                    raise UnreadableSourceError(self._written, done + 1, "text that is not UTF-8")
                chunk = layout.read(Chunk(self._written, rows, _numbers(done, rows.num_rows)))
                done += rows.num_rows
                yield self._batch(chunk, table, done)
            yield from self._rest(layout, done)

    def _batch(self, chunk: Chunk, table: _Table, done: int) -> Batch:
        lines = chunk.lines
        key = next((name for name in table.names if name.casefold() == "id"), None)
        given = self._mapping.columns.get("row_id", key)
        if "row_id" in chunk.rows.column_names and table.types.get(given or "") in _INTEGERS:
            keys = pc.cast(chunk.rows.column("row_id"), pa.int64())
            lines = pc.coalesce(keys.combine_chunks(), lines)
        return Batch(self._written, chunk.rows, lines, done, tuple(chunk.rejected))

    def _rest(self, layout: Layout, done: int) -> Iterator[Batch]:
        chunk = layout.rest()
        if chunk is not None:
            yield Batch(self._written, chunk.rows, chunk.lines, done, tuple(chunk.rejected))

    def _blocks(self, connection: Connection, copy: sql.Composed) -> Iterator[bytes]:
        """The rows' text, some at a time. By libpq's own calls: a cursor takes three times as long for a row."""
        pgconn = connection.pgconn
        result = pgconn.exec_(copy.as_bytes(connection))
        if result.status != ExecStatus.COPY_OUT:
            raise psycopg.errors.error_from_result(result)
        pieces: list[bytes] = []
        size, length = 0, 0
        try:
            while length >= 0:
                length, row = pgconn.get_copy_data(0)
                pieces.append(bytes(row))
                size += length
                if size >= BLOCK:
                    yield b"".join(pieces)
                    pieces.clear()
                    size = 0
        finally:
            if length >= 0:
                connection.close()  # somebody stopped reading: what the server still sends is of no use
        result = cast(PGresult, pgconn.get_result())
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)
        pgconn.get_result()  # None: the connection is free again
        if rest := b"".join(pieces):
            yield rest

    def _find(self, connection: Connection) -> _Table:
        found = connection.execute(query("import_columns").encode(), {"table": self._written}).fetchone()
        if found is None:
            raise UnreadableSourceError(
                self.name, None, "no such table (a name without a schema is looked for in the search path)"
            )
        if not found["readable"]:
            raise UnreadableSourceError(self.name, None, "neither a table nor a view")
        if not found["allowed"]:
            raise PermissionDeniedError(f"{self.name}: the login may not read it; it needs SELECT")
        types = {column["name"]: column["type"] for column in found["columns"]}
        return _Table(sql.Identifier(found["schema"], found["name"]), found["estimate"], types)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with psycopg.connect(self._conninfo, row_factory=dict_row, client_encoding="utf8") as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                connection.execute(query("import_session").encode())
                yield connection
        except (pg.InvalidName, pg.SyntaxError) as error:
            reason = f"not the name of a table ({error.diag.message_primary})"
            raise UnreadableSourceError(self.name, None, reason) from None
        except pg.InsufficientPrivilege as error:
            raise PermissionDeniedError(f"{self.name}: {error.diag.message_primary}") from None
        except psycopg.Error as error:
            raise translate(error) from None


def _composed(name: str, **parts: sql.Composable) -> sql.Composed:
    text = query(name).rstrip()  # names and nothing else come into it
    return sql.SQL(text).format(**parts)


def _numbers(done: int, count: int) -> pa.Int64Array:
    return pa.array(range(done + 1, done + count + 1), pa.int64())
