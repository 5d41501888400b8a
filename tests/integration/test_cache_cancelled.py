"""A task that reads and writes the cache ends when it is cancelled, at whatever moment."""

import asyncio
import random

from ledger import AsyncLedgerClient
from tests.fills import SYMBOL, fill


async def test_no_cancellation_is_lost(database_url: str, redis_url: str) -> None:
    rng = random.Random(7)
    async with AsyncLedgerClient("bot", account="main", database_url=database_url, redis_url=redis_url) as client:
        await client.record_fill(**fill("1"))

        async def work() -> None:
            while True:
                await client.get_position(SYMBOL)

        for _ in range(400):
            task = asyncio.create_task(work())
            await asyncio.sleep(rng.random() * 0.004)
            task.cancel()
            _, pending = await asyncio.wait({task}, timeout=5)
            assert not pending
            assert task.cancelled()
