"""Tasks that are cancelled in the middle of what they do."""

import asyncio
from collections.abc import Awaitable, Callable


async def cancelled_after(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Does the work again and again, and is cancelled: the task must end by that, and soon."""

    async def repeated() -> None:
        while True:
            await work()

    task = asyncio.create_task(repeated())
    await asyncio.sleep(seconds)
    task.cancel()
    _, pending = await asyncio.wait({task}, timeout=5)
    assert not pending
    assert task.cancelled()
