"""A consumer of an execution stream: books what comes, delivers again what could not be booked."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ledger import AsyncLedgerClient, DatabaseUnavailableError, LedgerError

Execution = Mapping[str, Any]


async def book(client: AsyncLedgerClient, executions: asyncio.Queue[Execution | None]) -> None:
    """Books until None comes. The order does not matter, and neither does a repetition."""
    while (execution := await executions.get()) is not None:
        try:
            result = await client.record_fill(**execution)
        except DatabaseUnavailableError:
            await executions.put(execution)
            await asyncio.sleep(1)
        except LedgerError as error:
            print("refused:", error.code, error)
        else:
            print(execution["exec_id"], "known already" if result.duplicate else result.position.total_qty)


async def main() -> None:
    executions: asyncio.Queue[Execution | None] = asyncio.Queue()
    first: Execution = {
        "symbol": "ETHUSDT",
        "side": "Sell",
        "exec_qty": "2",
        "exec_price": "3000",
        "exec_time": datetime(2026, 1, 5, 9, tzinfo=UTC),
        "exec_id": "stream-1",
    }
    second = {**first, "side": "Buy", "exec_qty": "3", "exec_price": "2950", "exec_id": "stream-2"}
    for execution in (first, second, first, {**second, "exec_price": "2951"}, None):
        await executions.put(execution)
    async with AsyncLedgerClient("example_async", account="bybit:examples:paper") as client:
        await book(client, executions)
        position = await client.get_position("ETHUSDT")
        print("now", position.side, position.size)


if __name__ == "__main__":
    asyncio.run(main())
