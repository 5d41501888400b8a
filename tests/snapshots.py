"""Every row of an account, to see that a refused call changed none."""

from typing import Any

import psycopg

from tests.statements import statement


def snapshot(connection: psycopg.Connection[Any], account_id: int) -> dict[str, list[str]]:
    """The rows of each table of the schema, as text."""
    tables = [name for (name,) in connection.execute(statement("tables"))]
    return {name: _rows(connection, name, account_id) for name in tables}


def _rows(connection: psycopg.Connection[Any], table: str, account_id: int) -> list[str]:
    rows = connection.execute(statement("rows_of_table", table=table), {"account_id": account_id})
    return [row for (row,) in rows]
