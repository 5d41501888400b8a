"""An order counts once, whichever books the rows of it lie in, and whenever they come."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.queries import query
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


def _begun(database_url: str, given: dict[str, Any], number: int) -> psycopg.Connection[Any]:
    """A bot's write of a fill that is not committed yet."""
    unsaid = ("named_bot", "exec_id", "client_order_id", "commission_asset", "close_reason", "seq", "is_maker",
              "effect", "announced")  # fmt: skip
    said = {"category": "linear", "position_idx": 0, "commission": 0, "exec_type": "Trade", "source": "bot"}
    writing = psycopg.connect(to_conninfo(database_url))
    writing.execute(query("record_fill").encode(), {**dict.fromkeys(unsaid), **said, **given, "account_id": number})
    return writing


@pytest.mark.parametrize("is_new", [True, False], ids=["new account", "account in use"])
@pytest.mark.parametrize("live", ["whole", "executions"])
def test_another_bot_writes_a_part_of_it_at_the_same_time(
    client: LedgerClient, database_url: str, connection: psycopg.Connection[Any], live: str, is_new: bool
) -> None:
    if not is_new:
        client.record_fill(**fill("e0", symbol="ETHUSDT"))
    parts = [{**part, "position_idx": 0} for part in PARTS]
    theirs, ours = ([WHOLE], parts) if live == "whole" else (parts[:1], [WHOLE])
    number = account_id(connection, ACCOUNT)
    with LedgerClient("other", account=ACCOUNT, database_url=database_url) as other:
        other.register()
        with _begun(database_url, {**theirs[0], "bot_id": "other"}, number):
            waiting = threading.Event()

            def told(stage: str, done: int, total: int | None, unit: str) -> None:
                if (stage, done, total, unit) == ("waiting for bots", 0, 1, "transactions"):
                    waiting.set()

            options = {"progress": told}
            importing = threading.Thread(target=bring_in, args=(ours, ACCOUNT, database_url), kwargs=options)
            importing.start()
            assert waiting.wait(30)  # all is booked; what remains is to wait for the other
        importing.join()
        held = [one.get_position(SYMBOL).size for one in (client, other)]
    assert held == ([3, 2] if live == "whole" else [4, 1])
    assert bring_in(ours, ACCOUNT, database_url).duplicates == len(ours)


def test_what_an_interrupted_import_left_is_settled_by_the_next(
    client: LedgerClient, database_url: str, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [{**part, "position_idx": 0} for part in PARTS]
    number = account_id(connection, ACCOUNT)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with LedgerClient("other", account=ACCOUNT, database_url=database_url) as other:
        other.register()
        with _begun(database_url, {**WHOLE, "bot_id": "other"}, number), monkeypatch.context() as patch:
            patch.setattr(tasks, "wait_for_writers", interrupted)
            with pytest.raises(KeyboardInterrupt):
                bring_in(parts, ACCOUNT, database_url)
        assert other.get_position(SYMBOL).size == 5
        assert bring_in(parts, ACCOUNT, database_url).duplicates == len(parts)
        assert [one.get_position(SYMBOL).size for one in (client, other)] == [3, 2]
