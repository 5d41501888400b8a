"""Connections that end at the worst moment: what was to be booked is booked once, and the caller gets its result."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger import DatabaseUnavailableError, LedgerClient
from ledger.database.url import to_conninfo
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.free_port import free_port
from tests.locks import Call, blocked_backend, locked_books
from tests.proxy import Proxy, postgres_connector
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]
pytestmark = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    with Proxy(postgres_connector(database_url)) as running:
        yield running


@pytest.fixture
def client(kind: str, opened: OpenClient, proxy: Proxy, database_url: str) -> LedgerClient:
    found = opened(kind, "bot", account="main", database_url=proxy.postgres_url(database_url))
    found.record_fill(**fill("e0"))
    return found


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short times, so that a test sees their end."""
    for name in ("RETRY_TIMEOUT", "CONNECT_TIMEOUT", "STATEMENT_TIMEOUT"):
        monkeypatch.setenv(f"LEDGER_{name}", "1")


@pytest.fixture
def watcher(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A second connection: within one transaction PostgreSQL shows the same activity for ever."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as opened:
        yield opened


def fills_of(connection: psycopg.Connection[Any]) -> list[str]:
    return sorted(row["exec_id"] for (row,) in connection.execute(statement("roles/rows", relation="fills")))


def test_lost_at_commit(client: LedgerClient, proxy: Proxy, connection: psycopg.Connection[Any]) -> None:
    for number in range(1, 6):
        exec_id = f"lost-answer-{number}"
        proxy.cut_after(exec_id.encode())
        result = client.record_fill(**fill(exec_id, at=number, commission="0.1"))
        assert proxy.cuts == number, "the connection was not cut"
        assert result.position.size == number + 1
        assert result.entry is not None
        assert (result.entry.exec_id, result.entry.entry_fill_id) == (exec_id, result.fill_id)
    assert len(fills_of(connection)) == 6


def test_lost_at_commit_of_a_batch(client: LedgerClient, proxy: Proxy, connection: psycopg.Connection[Any]) -> None:
    batch = [fill(f"lost-batch-{n}", at=n, symbol=f"S{n % 3}USDT") for n in range(9)]
    proxy.cut_after(b"lost-batch-0")
    results = client.record_fills(batch)
    assert proxy.cuts == 1
    assert [result.entry.exec_id for result in results if result.entry] == [given["exec_id"] for given in batch]
    assert {result.position.size for result in results} == {3}
    assert len(fills_of(connection)) == 10


def test_lost_at_commit_of_the_old_sequence(client: LedgerClient, proxy: Proxy) -> None:
    proxy.cut_after(b"close-order")
    client.write_fill(SYMBOL, "Sell", 110, 1, "close-order", None, "tp", 0)
    proxy.cut_after(b"close-order")
    trades = client.close_position_fifo(SYMBOL, 110, 1, fill("x", at=1)["exec_time"], "tp", "close-order")
    assert proxy.cuts == 2
    assert [trade.gross_pnl for trade in trades] == [10]
    assert client.get_completed_trades() == trades


def test_connections_cut_between_calls(client: LedgerClient, proxy: Proxy, kind: str) -> None:
    for number in range(1, 6):
        proxy.cut()
        assert client.record_fill(**fill(f"e{number}", at=number)).position.size == number + 1
        proxy.cut()
        assert client.get_position(SYMBOL).size == number + 1


def test_backends_terminated_between_calls(client: LedgerClient, connection: psycopg.Connection[Any]) -> None:
    for number in range(1, 6):
        connection.execute(statement("server/terminate_all"))
        assert client.record_fill(**fill(f"e{number}", at=number)).position.size == number + 1


def test_backend_terminated_in_the_middle(
    client: LedgerClient, connection: psycopg.Connection[Any], watcher: psycopg.Connection[Any]
) -> None:
    for number in (1, 2):
        terminated: set[int] = set()
        with locked_books(connection):
            call = Call(partial(client.record_fill, **fill(f"e{number}", at=number)))
            for _ in range(2):
                terminated.add(blocked_backend(watcher, terminated))
                watcher.execute(statement("server/terminate_blocked"))
            blocked_backend(watcher, terminated)
        call.join(20)
        assert call.error is None
        assert call.result.position.size == number + 1
    assert fills_of(connection) == ["e0", "e1", "e2"]


def test_a_server_that_comes_back_in_time(client: LedgerClient, proxy: Proxy) -> None:
    proxy.refuses = True
    proxy.cut()
    call = Call(lambda: client.record_fill(**fill("e1", at=1)))
    time.sleep(1.5)
    proxy.refuses = False
    call.join(20)
    assert call.error is None
    assert call.result.position.size == 2


@pytest.mark.usefixtures("limits")
def test_the_statement_timeout_is_kept(
    kind: str, opened: OpenClient, database_url: str, connection: psycopg.Connection[Any]
) -> None:
    client = opened(kind, "bot", account="main", database_url=database_url)
    client.record_fill(**fill("e0"))
    with locked_books(connection):
        call = Call(lambda: client.record_fill(**fill("e1", at=1)))
        call.join(8)
        assert not call.is_alive(), "it never ends"
    assert isinstance(call.error, DatabaseUnavailableError)
    assert 0.9 < call.seconds < 4
    assert fills_of(connection) == ["e0"]
    assert client.record_fill(**fill("e1", at=1)).position.size == 2


SECRET = "hunter2"


def _hears_nothing_of_the_password(error: BaseException | None, caplog: pytest.LogCaptureFixture) -> None:
    assert error is not None
    assert SECRET not in "".join(traceback.format_exception(error))
    assert SECRET not in caplog.text
    chain: BaseException | None = error
    while chain is not None:
        assert SECRET not in repr(chain) + str(chain)
        chain = chain.__cause__ or chain.__context__


@pytest.mark.usefixtures("limits")
def test_nobody_there(kind: str, opened: OpenClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"postgresql://somebody:{SECRET}@127.0.0.1:{free_port()}/ledger"
    client = opened(kind, "bot", database_url=url)
    for work in (client.register, lambda: client.record_fill(**fill("e1")), lambda: client.get_position(SYMBOL)):
        call = Call(work)
        call.join(20)
        assert isinstance(call.error, DatabaseUnavailableError)
        assert call.seconds < 5
        _hears_nothing_of_the_password(call.error, caplog)


@pytest.mark.usefixtures("limits")
def test_a_wrong_address_is_told_at_once(
    kind: str, opened: OpenClient, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts: dict[str, Any] = {**conninfo_to_dict(database_url), "password": SECRET}
    for wrong in ({"dbname": "no_such_database"}, {"user": "no_such_user"}):
        client = opened(kind, "bot", database_url=make_conninfo("", **{**parts, **wrong}))
        call = Call(client.register)
        call.join(20)
        assert call.error is not None
        assert next(iter(wrong.values())) in str(call.error), "the reason is missing"
        assert call.seconds < 3
        _hears_nothing_of_the_password(call.error, caplog)
