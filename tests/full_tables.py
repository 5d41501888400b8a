"""Tables with much in them, and what a call of the client touches there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.cache.steps import CacheStep
from ledger.database import Batch, Query
from ledger.database.url import to_conninfo
from ledger.queries import query
from ledger.session import Operation, Session
from tests.statements import statement


@dataclass(frozen=True)
class Touched:
    """What a transaction did to one table: scans of the whole, rows read and rows written."""

    seq_scans: int
    rows_read: int
    rows_written: int


def fill_tables(database_url: str, *, deep: int, open: int, closed: int, idle: int = 1000) -> None:
    """Fills the tables of an empty ledger; see the statement for what they hold."""
    with psycopg.connect(to_conninfo(database_url), cursor_factory=psycopg.ClientCursor) as connection:
        numbers = {"deep": deep, "open": open, "closed": closed, "idle": idle}
        connection.execute(statement("plans/fill_tables"), numbers)


class Measured:
    """Runs operations as a client does, each in a transaction that is taken back."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]], bot_id: str) -> None:
        self.session = Session(bot_id, "linear", "account-1", "bybit", "mainnet", caches=False, account_id=1)
        self._connection = connection

    def run(self, *operations: Operation[Any]) -> tuple[Any, dict[str, Touched]]:
        """The result of the last operation, and what it touched, table by table."""
        with self._connection.transaction(force_rollback=True):
            result = None
            before: dict[str, Touched] = {}
            for operation in operations:
                before = self._touched()
                result = self._carry_out(operation)
            return result, _less(self._touched(), before)

    def _carry_out(self, operation: Operation[Any]) -> Any:
        answer: Any = None
        while True:
            try:
                step: Query | Batch | CacheStep = operation.send(answer)
            except StopIteration as done:
                return done.value
            assert isinstance(step, Query | Batch)
            text = query(step.name).encode()
            if isinstance(step, Query):
                answer = self._connection.execute(text, step.params).fetchall()
            else:
                answer = [self._connection.execute(text, params).fetchall() for params in step.params]

    def _touched(self) -> dict[str, Touched]:
        rows = self._connection.execute(statement("plans/rows_touched")).fetchall()
        return {row["table"]: Touched(row["seq_scan"], row["read"], row["written"]) for row in rows}


def _less(after: dict[str, Touched], before: dict[str, Touched]) -> dict[str, Touched]:
    nothing = Touched(0, 0, 0)
    found = {}
    for name, all_of_it in after.items():
        old = before.get(name, nothing)
        found[name] = Touched(
            all_of_it.seq_scans - old.seq_scans,
            all_of_it.rows_read - old.rows_read,
            all_of_it.rows_written - old.rows_written,
        )
    return {name: touched for name, touched in found.items() if touched != nothing}


@contextmanager
def measured(database_url: str, bot_id: str, mode: str = "auto") -> Iterator[Measured]:
    """A connection that prepares everything, as a client's does in time; `mode` is a plan_cache_mode."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True, row_factory=dict_row) as connection:
        connection.prepare_threshold = 0
        connection.execute(statement("plans/plan_cache_mode"), {"mode": mode})
        yield Measured(connection, bot_id)
