"""Batches that no socket's buffer holds."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.locks import Call
from tests.proxy import Proxy, postgres_connector
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]
_FILLS = 8_000  # three megabytes there, and as many back
_SECONDS = 90
_WAYS = list(zip(KINDS, ("as given", "tcp"), strict=True))


@pytest.fixture
def batch_url(request: pytest.FixtureRequest, database_url: str) -> Iterator[str]:
    """The tests' own servers listen on a Unix socket."""
    if request.param == "as given":
        yield database_url
        return
    with Proxy(postgres_connector(database_url)) as proxy:
        yield proxy.postgres_url(database_url)


def day(number: int) -> list[dict[str, Any]]:
    """Three buys and two sells in turn, in lots that overlap, with a commission that does not divide."""
    pattern = [("Buy", "0.003", 100), ("Buy", "0.001", 101), ("Sell", "0.002", 103), ("Buy", "0.001", 99)]
    pattern.append(("Sell", "0.003", 102))
    return [
        fill(f"batch-{n}", side, qty, price, at=n / 60, commission="0.0000007", order_id=f"order-{n}", source="test")
        for n, (side, qty, price) in islice(enumerate(pattern * (number // len(pattern) + 1)), number)
    ]


def by_hand(fills: list[dict[str, Any]]) -> Decimal:
    """The gross P&L, one unit of 0.001 after the other."""
    prices = [given["exec_price"] for given in fills if given["side"] == "Buy" for _ in _units(given)]
    exits = [given["exec_price"] for given in fills if given["side"] == "Sell" for _ in _units(given)]
    return sum((Decimal(z - a) for a, z in zip(prices, exits, strict=False)), Decimal(0)) / 1000


def _units(given: dict[str, Any]) -> range:
    return range(int(Decimal(given["exec_qty"]) * 1000))


# Nothing is tampered with: the invariants' plain sums take minutes over so many rows, and the ledger's own proof is
# asked here instead.
@pytest.mark.tampers
@pytest.mark.timeout(_SECONDS * 3)
@pytest.mark.parametrize(("kind", "batch_url"), _WAYS, indirect=["batch_url"])
def test_a_batch_of_thousands(
    kind: str, opened: OpenClient, batch_url: str, connection: psycopg.Connection[Any]
) -> None:
    client = opened(kind, "bot", account="main", database_url=batch_url)
    fills = day(_FILLS)
    call = Call(lambda: client.record_fills(fills))
    call.join(_SECONDS)
    assert not call.is_alive(), "it hangs"
    assert call.error is None
    assert [result.duplicate for result in call.result] == [False] * _FILLS
    assert [result.fill_id - call.result[0].fill_id for result in call.result] == list(range(_FILLS))
    pnl = client.realized_pnl(SYMBOL)
    assert pnl.gross == by_hand(fills)
    assert pnl.gross == sum(trade.gross_pnl for result in call.result for trade in result.completed_trades)
    opened_qty = sum(Decimal(f["exec_qty"]) * (1 if f["side"] == "Buy" else -1) for f in fills)
    assert client.get_position(SYMBOL).size == opened_qty == 0
    repeated = client.record_fills(fills[-1000:])
    assert all(result.duplicate for result in repeated)
    assert connection.execute(statement("damage/verify_all")).fetchall() == []


def test_there_is_room_for_the_locks_of_any_number_of_orders(
    opened: OpenClient, database_url: str, connection: psycopg.Connection[Any]
) -> None:
    account_id = opened("blocking", "bot", account="main", database_url=database_url).register()
    [(room,)] = connection.execute(statement("server/room_for_locks")).fetchall()
    connection.execute(statement("lock_orders"), {"account_id": account_id, "orders": 5 * room})


@pytest.mark.parametrize(("kind", "batch_url"), _WAYS, indirect=["batch_url"])
def test_many_books_in_a_batch(kind: str, opened: OpenClient, batch_url: str) -> None:
    client = opened(kind, "bot", account="main", database_url=batch_url)
    fills = [fill(f"e{n}", symbol=f"S{n % 250}USDT", at=n, close_reason="x" * 200) for n in range(2500)]
    call = Call(lambda: client.record_fills(fills))
    call.join(_SECONDS)
    assert not call.is_alive(), "it hangs"
    assert call.error is None
    assert {result.position.size for result in call.result} == {10}
    assert [result.entry.exec_id for result in call.result] == [given["exec_id"] for given in fills]
    assert len({result.position.symbol for result in call.result}) == 250
