"""An order counts once, whichever books the rows of it lie in, and whenever they come."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from reconcile.history import tasks
from tests.fills import SYMBOL, fill
from tests.importing import account_id, bring_in
from tests.statements import statement

ACCOUNT = "past"
LEG: dict[str, Any] = {"position_idx": 1}
WHOLE = {"bot_id": "b", **fill(None, qty=5, order_id="o1")}
PARTS = [{"bot_id": "b", **fill(f"e{n}", qty=n, at=n, order_id="o1", **LEG)} for n in (1, 2)]


@pytest.fixture
def client(database_url: str, redis_url: str, connection: psycopg.Connection[Any]) -> Iterator[LedgerClient]:
    """A bot whose orders are all consistent in the end."""
    with LedgerClient("b", account=ACCOUNT, database_url=database_url, redis_url=redis_url) as opened:
        opened.register()
        yield opened
        number = {"account_id": account_id(connection, ACCOUNT)}
        assert connection.execute(statement("verify_account"), number).fetchall() == []


def sizes(client: LedgerClient) -> list[int]:
    return [int(client.get_position(SYMBOL, position_idx=idx).size) for idx in (0, 1)]


@pytest.mark.parametrize("way", [(1, 1), (1, 3), (100, 1)], ids=["one by one", "at once", "together"])
def test_in_one_source(
    client: LedgerClient, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, way: tuple[int, int]
) -> None:
    at_once, jobs = way
    monkeypatch.setattr(tasks, "FILLS_AT_ONCE", at_once)
    rows = [WHOLE, *PARTS, {**WHOLE, "order_id": "o2", "symbol": "ETHUSDT"}]
    for _ in range(2):
        bring_in(rows, ACCOUNT, database_url, redis_url, jobs=jobs)
        assert sizes(client) == [2, 3]
    assert bring_in(rows, ACCOUNT, database_url, redis_url, dry_run=True).duplicates == 4


def test_the_whole_order_was_there(client: LedgerClient, database_url: str, redis_url: str) -> None:
    client.record_fill(**{name: value for name, value in WHOLE.items() if name != "bot_id"})
    assert sizes(client) == [5, 0]
    report = bring_in(PARTS, ACCOUNT, database_url, redis_url)
    assert (report.booked, report.fills) == (2, 2)
    assert sizes(client) == [2, 3]


def test_the_executions_were_there(client: LedgerClient, database_url: str, redis_url: str) -> None:
    for part in PARTS:
        client.record_fill(**{name: value for name, value in part.items() if name != "bot_id"})
    assert sizes(client) == [0, 3]
    assert bring_in([WHOLE], ACCOUNT, database_url, redis_url).booked == 1
    assert sizes(client) == [2, 3]
