"""Each rebuild of a book leaves a row that says what caused it and what it changed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ledger import LedgerClient
from ledger.queries import query
from tests.importing import bring_in
from tests.statements import statement

START = datetime(2026, 1, 1, tzinfo=UTC)


def fill(exec_id: str, side: str, price: int, qty: str, second: int) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "side": side,
        "exec_price": price,
        "exec_qty": qty,
        "exec_time": START + timedelta(seconds=second),
        "exec_id": exec_id,
    }


@pytest.fixture
def client(database_url: str) -> LedgerClient:
    return LedgerClient("bot", account="main", database_url=database_url)


def rebuilds(connection: psycopg.Connection[Any], client: LedgerClient) -> list[tuple[Any, ...]]:
    return connection.execute(statement("rebuilds"), {"account_id": client.register()}).fetchall()


def test_what_late_fills_changed(client: LedgerClient, connection: psycopg.Connection[Any]) -> None:
    with client:
        client.record_fill(**fill("a", "Buy", 101, "1", 10))
        client.record_fill(**fill("b", "Sell", 120, "1", 30))
        assert rebuilds(connection, client) == []
        # An older lot, before everything: it takes the place of the other one in the only trade.
        older = client.record_fill(**fill("c", "Buy", 110, "1", 0)).fill_id
        # A close in the middle of the cycle, behind the second lot: all trades are other ones, no lot is.
        middle = client.record_fill(**fill("d", "Sell", 115, "0.5", 20)).fill_id
        # Two at once, the first of which begins a cycle: what was the first lot is one of that cycle now.
        together = client.record_fills([fill("e", "Buy", 90, "0.5", -5), fill("f", "Sell", 91, "0.5", -4)])[0].fill_id
        found = rebuilds(connection, client)
    assert found == [
        ("late fill", older, 3, None, 3, 2, 0, 1, 1, 1, 1, 19, 10),
        ("late fill", middle, 4, START + timedelta(seconds=10), 2, 0, 0, 3, 1, 1, 3, 10, 17),
        ("late fills", together, 6, None, 6, 1, 0, 1, 0, 3, 4, 17, Decimal("17.5")),
    ]


def test_what_a_replaced_order_changed(client: LedgerClient, connection: psycopg.Connection[Any]) -> None:
    with client:
        whole = fill("", "Buy", 100, "2", 0) | {"exec_id": None, "order_id": "o"}
        client.record_fill(**whole)
        client.record_fill(**fill("s", "Sell", 103, "1", 5))
        cause = client.record_fill(**fill("x", "Buy", 101, "2", 1) | {"order_id": "o"}).fill_id
        found = rebuilds(connection, client)
    assert found == [
        ("order-level fill replaced by its executions", cause, 3, None, 2, 1, 1, 1, 1, 1, 1, 3, 2),
    ]


def test_an_import_and_a_request_leave_rows_that_python_reads(
    client: LedgerClient, database_url: str, connection: psycopg.Connection[Any]
) -> None:
    with client:
        client.record_fill(**fill("b", "Buy", 100, "1", 0))
        client.record_fill(**fill("d", "Sell", 110, "1", 20))
        # Behind the first fill, then before everything.
        bring_in([{**fill("c", "Buy", 105, "1", 10), "bot_id": "bot"}], "main", database_url)
        bring_in([{**fill("a", "Buy", 95, "1", -10), "bot_id": "bot"}], "main", database_url)
        account_id = client.register()
        (book_id,) = {row["book_id"] for row in whole_table(connection)}
        connection.execute(query("rebuild_book").encode(), {"account_id": account_id, "book_id": book_id})
    assert [(row["reason"], row["from_time"], row["fills"]) for row in whole_table(connection)] == [
        ("history imported", START, 2),
        ("history imported", None, 4),
        ("requested", None, 4),
    ]


def whole_table(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """As anybody reads it: all columns, without a cast."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement("whole_table", table="book_rebuilds")).fetchall()
    return sorted(rows, key=lambda row: row["rebuild_seq"])
