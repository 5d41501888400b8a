from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from tests.invariants import broken_invariants
from tests.statements import statements

TAMPERING = statements("tampering")
START = datetime(2026, 1, 1, tzinfo=UTC)


def fill(number: int, side: str, qty: str, **others: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "side": side,
        "exec_price": 100 + number,
        "exec_qty": qty,
        "exec_time": START + timedelta(minutes=number),
        "exec_id": f"e{number}",
        "commission": "0.1",
    } | others


@pytest.fixture
def small_ledger(database_url: str) -> None:
    """A book with closed and open lots, and a hedge leg."""
    with LedgerClient("bot", database_url=database_url) as client:
        client.record_fills(
            [
                fill(1, "Buy", "2"),
                fill(2, "Buy", "1"),
                fill(3, "Buy", "1"),
                fill(4, "Sell", "2.5"),
                fill(5, "Buy", "1", symbol="SOLUSDT", position_idx=1),
            ]
        )


@pytest.mark.tampers
@pytest.mark.parametrize("rule", statements("invariants"))
def test_each_invariant_notices_what_it_forbids(
    rule: str, small_ledger: None, connection: psycopg.Connection[Any]
) -> None:
    assert broken_invariants(connection) == {}
    connection.execute(TAMPERING[rule])
    assert rule in broken_invariants(connection)
