"""PgBouncer in transaction mode: each transaction may run on another connection of the server."""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger import AsyncLedgerClient, InsufficientPositionError, LedgerClient
from reconcile.service.leader import Rhythm, leadership
from tests.clients import KINDS
from tests.fills import SYMBOL, fill, moment
from tests.pgbouncer import find_pgbouncer, pgbouncer
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]
_SERVER_CONNECTIONS = 2

program = find_pgbouncer()
pytestmark = pytest.mark.skipif(program is None, reason="the program pgbouncer is not installed")


@pytest.fixture
def pooled_url(database_url: str) -> Iterator[str]:
    # Not pytest's own directory: PgBouncer runs as another user, who may not enter it.
    with tempfile.TemporaryDirectory() as directory:
        assert program is not None
        with pgbouncer(program, Path(directory), database_url, _SERVER_CONNECTIONS) as pooler:
            yield pooler.url


def server_connections(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(statement("server/connections")).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_call_through_the_pooler(kind: str, opened: OpenClient, pooled_url: str, redis_url: str) -> None:
    client = opened(kind, "bot", account="main", database_url=pooled_url, redis_url=redis_url)
    for number in range(6):  # psycopg prepares a statement that it sees again and again
        assert client.record_fill(**fill(f"e{number}", at=number)).position.size == number + 1
    batch = [fill(f"b{n}", at=10 + n, symbol=f"S{n % 3}USDT") for n in range(9)]
    assert len(client.record_fills(batch)) == 9
    assert all(result.duplicate for result in client.record_fills(batch))
    client.write_fill(SYMBOL, "Sell", 110, 4, "o1", None, "tp", 0, moment(30))
    trades = client.close_position_fifo(SYMBOL, 110, 4, moment(30), "tp", "o1")
    assert [trade.gross_pnl for trade in trades] == [10, 10, 10, 10]
    assert client.get_position(SYMBOL).size == 2
    assert len(client.get_open_position_entries(SYMBOL)) == 2
    assert client.position_as_of(SYMBOL, moment(29)).size == 6
    assert client.realized_pnl().gross == 40
    client.heartbeat()
    with pytest.raises(InsufficientPositionError):
        client.close_position_fifo(SYMBOL, 110, 3, moment(40), "tp", "o2")
    assert client.get_position(SYMBOL).size == 2


def test_threads_on_fewer_connections_of_the_server(
    opened: OpenClient, pooled_url: str, connection: psycopg.Connection[Any]
) -> None:
    client = opened("blocking", "bot", account="main", database_url=pooled_url)
    client.register()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(25):
                found = client.record_fill(**fill(f"{number}-{step}", symbol=f"S{number}USDT", at=step))
                assert found.position.size == step + 1
                client.record_fill(**fill(f"hot-{step}", at=step))
                assert client.get_current_position_summary(f"S{number}USDT") == found.position
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    position = client.get_position(SYMBOL)
    assert position.size == position.book_seq == 25
    assert 0 < server_connections(connection) <= _SERVER_CONNECTIONS


async def test_tasks_on_fewer_connections_of_the_server(pooled_url: str, connection: psycopg.Connection[Any]) -> None:
    async with AsyncLedgerClient("bot", account="main", database_url=pooled_url) as client:
        await client.register()
        for turn in range(4):
            fills = [fill(f"{turn}-{n}", symbol=f"S{n % 6}USDT", at=turn * 30 + n) for n in range(30)]
            results = await asyncio.gather(*(client.record_fill(**given) for given in fills))
            assert not any(result.duplicate for result in results)
            again = await client.record_fills(fills)
            assert [result.fill_id for result in again] == [result.fill_id for result in results]
        for number in range(6):
            assert (await client.get_position(f"S{number}USDT")).size == 20
    assert server_connections(connection) <= _SERVER_CONNECTIONS


async def test_one_service_leads_through_the_pooler(pooled_url: str) -> None:
    async with AsyncLedgerClient("bot", account="main", database_url=pooled_url) as client:
        account_id = await client.register()
        settings = client.settings
    quick = Rhythm(look=0.1, pulse=0.1, lease=5.0)
    second = leadership(settings, account_id, quick)
    async with leadership(settings, account_id, quick) as lost:
        waiting = asyncio.create_task(second.__aenter__())
        await asyncio.sleep(1.0)
        assert not waiting.done()
        assert not lost.is_set()
    async with asyncio.timeout(20):
        assert not (await waiting).is_set()
    await second.__aexit__(None, None, None)
