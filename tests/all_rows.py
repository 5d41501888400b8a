"""A fingerprint of the whole ledger, to see that a refused call changed nothing."""

from typing import Any

import psycopg

from tests.statements import statement


def all_rows(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, str]]:
    """Of each table of the schema: how many rows, and a checksum of all their columns."""
    tables = [name for (name,) in connection.execute(statement("tables"))]
    return {name: _fingerprint(connection, name) for name in tables}


def _fingerprint(connection: psycopg.Connection[Any], table: str) -> tuple[int, str]:
    row = connection.execute(statement("fingerprint", table=table)).fetchone()
    assert row is not None
    return row[0], row[1]
