"""A task that reads and writes the cache ends when it is cancelled, at whatever moment."""

import random

from ledger import AsyncLedgerClient
from tests.cancelling import cancelled_after
from tests.fills import SYMBOL, fill


async def test_no_cancellation_is_lost(database_url: str, redis_url: str) -> None:
    rng = random.Random(7)
    async with AsyncLedgerClient("bot", account="main", database_url=database_url, redis_url=redis_url) as client:
        await client.record_fill(**fill("1"))
        for _ in range(400):
            await cancelled_after(rng.random() * 0.004, lambda: client.get_position(SYMBOL))
