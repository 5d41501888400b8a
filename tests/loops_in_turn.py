"""`python -m tests.loops_in_turn DATABASE_URL REDIS_URL`: one client, used by one event loop after the other."""

import asyncio
import sys

from ledger import AsyncLedgerClient
from tests.fills import SYMBOL, fill


def main(database_url: str, redis_url: str) -> None:
    client = AsyncLedgerClient("bot", account="main", database_url=database_url, redis_url=redis_url)

    async def work(number: int) -> None:
        await asyncio.gather(*(client.record_fill(**fill(f"e{number}-{n}", at=n)) for n in range(10)))
        assert (await client.get_position(SYMBOL)).size == (number + 1) * 10

    for number in range(3):
        asyncio.run(work(number))
    asyncio.run(client.close())
    sys.stdout.write("closed\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
