"""What `verify` sees without dividing is what is computed by dividing, whatever is stored."""

from typing import Any

import psycopg
import pytest

from tests.statements import statement


@pytest.mark.parametrize("name", ["checked_shares", "checked_percent"])
def test_a_stored_value_does_not_change_what_is_right(connection: psycopg.Connection[Any], name: str) -> None:
    rows = connection.execute(statement(f"money/{name}")).fetchall()
    assert len(rows) > 500
    assert [row for row in rows if row[-1] != row[-2]] == []
    stored = [row[-3] == row[-2] for row in rows]
    assert any(stored)
    assert not all(stored)
