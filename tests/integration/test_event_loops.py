"""One client, used by one event loop after the other."""

import asyncio
import gc
import time
from typing import Any

import psycopg
import pytest

from ledger import AsyncLedgerClient
from tests.fills import SYMBOL, fill
from tests.statements import statement


# What a loop has left open when it ended can only be dropped, and Python says so where it is collected.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_event_loops_in_turn(database_url: str, redis_url: str, connection: psycopg.Connection[Any]) -> None:
    client = AsyncLedgerClient("bot", account="main", database_url=database_url, redis_url=redis_url)

    async def work(number: int) -> None:
        await asyncio.gather(*(client.record_fill(**fill(f"e{number}-{n}", at=n)) for n in range(10)))
        assert (await client.get_position(SYMBOL)).size == (number + 1) * 10

    for number in range(3):
        asyncio.run(work(number))
    asyncio.run(client.close())
    gc.collect()
    assert connection.execute(statement("server/count_fills")).fetchall() == [(30, 30)]
    until = time.monotonic() + 5
    while (row := connection.execute(statement("server/connections")).fetchone()) and row[0] > 0:
        assert time.monotonic() < until, "connections of earlier loops are still open"
        time.sleep(0.05)
