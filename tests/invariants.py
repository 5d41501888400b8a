"""What must be true of every ledger at every moment, checked by plain sums over the stored rows."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.statements import statements

_RULES = statements("invariants")


def broken_invariants(connection: psycopg.Connection[Any], account_id: int | None = None) -> dict[str, Any]:
    """The rows that break a rule, by the rule's name; empty if all is well.

    All rules look at one snapshot. `account_id` limits them to one account. The connection must be in
    autocommit mode and must not be in a transaction.
    """
    broken = {}
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        for name, rule in _RULES.items():
            rows = cursor.execute(rule, {"account_id": account_id}).fetchall()
            if rows:
                broken[name] = rows
    return broken


def check_invariants(connection: psycopg.Connection[Any], account_id: int | None = None) -> None:
    """Fails the test with the first rows that break a rule."""
    broken = broken_invariants(connection, account_id)
    assert not broken, "\n".join(f"{rule}: {rows[:3]}" for rule, rows in broken.items())
