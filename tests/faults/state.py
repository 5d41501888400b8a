"""The state that a reconciliation leaves: all rows, but for the moments at which they were written."""

import json
from collections.abc import Mapping
from typing import Any

import psycopg

from ledger.database.url import to_conninfo
from tests.statements import statement

# When a row was written, what is hashed with it, and numbers that PostgreSQL gives out and never takes back.
_OF_THE_MOMENT = frozenset(
    {
        "recorded_at", "fetched_at", "seen_at", "rebuilt_at", "updated_at", "registered_at", "created_at", "hash",
        "cash_hash", "rebuild_seq",
    }
)  # fmt: skip
_BOOKS_SHARE = 2**32  # a book's number stands above this in the numbers of its fills and cycles
_VENUES_TIMES = frozenset({"orders"})  # where these are not ours
_RUNS = frozenset({"reconciliation_runs", "reconciliation_findings"})
# When a run was, and what it took; it is less where a killed one has fetched before.
_OF_THE_RUN = frozenset({"started_at", "finished_at", "requests", "windows"})

State = dict[str, list[str]]


def state_of(database_url: str) -> State:
    """The rows of each table as text; of runs and findings what they say."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        tables = [name for (name,) in connection.execute(statement("tables")) if name not in _RUNS]
        books: dict[int, str] = dict(connection.execute(statement("faults/books")))
        state = {name: _rows(connection, name, books) for name in tables}
        runs = connection.execute(statement("faults/runs")).fetchall()
        state["runs"] = [str((*row[:-1], _told(row[-1], books))) for row in runs]
        state["findings"] = sorted(str(row) for row in connection.execute(statement("faults/findings")))
    return state


def _rows(connection: psycopg.Connection[Any], table: str, books: Mapping[int, str]) -> list[str]:
    left_out = _OF_THE_MOMENT - ({"created_at", "updated_at"} if table in _VENUES_TIMES else set())
    rows = []
    for (text,) in connection.execute(statement("faults/rows", table=table)):
        row = {name: _named(name, value, books) for name, value in json.loads(text).items() if name not in left_out}
        rows.append(json.dumps(row, sort_keys=True))
    return sorted(rows)


def _named(column: str, value: Any, books: Mapping[int, str]) -> Any:
    """By its book's name what holds its number, which a transaction that was rolled back does not give back."""
    if not column.endswith("_id") or not isinstance(value, int):
        return value
    if column == "book_id":
        return books[value]
    return f"{books[value // _BOOKS_SHARE]} {value % _BOOKS_SHARE}" if value >= _BOOKS_SHARE else value


def _told(report: Mapping[str, Any], books: Mapping[int, str]) -> str:
    said = {name: value for name, value in report.items() if name not in _OF_THE_RUN}
    said["journals"] = {books[int(number)]: ends for number, ends in report["journals"].items()}
    return json.dumps(said, sort_keys=True)


def differences(wanted: State, found: State) -> list[str]:
    """What differs, in words."""
    problems = []
    for table in wanted:
        missing = [row for row in wanted[table] if row not in found[table]]
        surplus = [row for row in found[table] if row not in wanted[table]]
        if missing or surplus or len(wanted[table]) != len(found[table]):
            problems.append(f"{table}: missing {missing[:2]}, too much {surplus[:2]}")
    return problems


def covered(database_url: str) -> list[tuple[str, Any, Any]]:
    """The ranges of executions that are proven fetched, by category."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        rows = connection.execute(statement("reconcile/coverage")).fetchall()
    return [(category, since, until) for endpoint, category, since, until in rows if endpoint == "executions"]
