"""Fewer connections than callers: they wait in turn, and hear of it when their turn does not come in time."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from ledger import AsyncLedgerClient, DatabaseUnavailableError, LedgerClient
from ledger.database.url import to_conninfo
from tests.fills import SYMBOL, fill
from tests.locks import Call, blocked_backend, locked_books

OpenClient = Callable[..., LedgerClient]


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"POOL_SIZE": "1", "CONNECT_TIMEOUT": "1", "RETRY_TIMEOUT": "1"}.items():
        monkeypatch.setenv(f"LEDGER_{name}", value)


@pytest.fixture
def watcher(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as opened:
        yield opened


def test_a_thread_that_finds_no_connection_is_told(
    opened: OpenClient, database_url: str, connection: psycopg.Connection[Any], watcher: psycopg.Connection[Any]
) -> None:
    client = opened("blocking", "bot", account="main", database_url=database_url)
    client.record_fill(**fill("e0"))
    with locked_books(connection):
        first = Call(partial(client.record_fill, **fill("e1", at=1)))
        blocked_backend(watcher, set())
        second = Call(partial(client.record_fill, **fill("e2", at=2)))
        second.join(10)
        assert isinstance(second.error, DatabaseUnavailableError)
        assert 0.9 < second.seconds < 5
        assert first.is_alive()
    first.join(10)
    assert first.result.position.size == 2
    assert client.record_fill(**fill("e2", at=2)).position.size == 3


async def test_a_task_that_finds_no_connection_is_told(
    database_url: str, connection: psycopg.Connection[Any], watcher: psycopg.Connection[Any]
) -> None:
    async with AsyncLedgerClient("bot", account="main", database_url=database_url) as client:
        await client.record_fill(**fill("e0"))
        with locked_books(connection):
            first = asyncio.ensure_future(client.record_fill(**fill("e1", at=1)))
            await asyncio.to_thread(blocked_backend, watcher, set())
            with pytest.raises(DatabaseUnavailableError):
                await asyncio.wait_for(client.record_fill(**fill("e2", at=2)), 10)
            assert not first.done()
        assert (await asyncio.wait_for(first, 10)).position.size == 2
        assert (await client.record_fill(**fill("e2", at=2))).position.size == 3


async def test_a_cancelled_task_gives_its_connection_back(
    database_url: str, connection: psycopg.Connection[Any], watcher: psycopg.Connection[Any]
) -> None:
    async with AsyncLedgerClient("bot", account="main", database_url=database_url) as client:
        await client.record_fill(**fill("e0"))
        for number in range(1, 4):
            with locked_books(connection):
                call = asyncio.ensure_future(client.record_fill(**fill(f"e{number}", at=number)))
                await asyncio.to_thread(blocked_backend, watcher, set())
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.wait_for(call, 10)
            result = await client.record_fill(**fill(f"e{number}", at=number))
            assert result.position.size == number + 1
        assert (await client.get_position(SYMBOL)).size == 4
