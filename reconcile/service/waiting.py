"""Waiting for what comes first."""

import asyncio


async def first_of(*events: asyncio.Event, within: float | None = None) -> None:
    """Returns when one of the events has happened, or when so many seconds are over."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


class Patience:
    """How long to wait before the next try: longer each time."""

    def __init__(self, first: float = 0.5, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def succeeded(self) -> None:
        """Begins again with the shortest wait."""
        self._next = self._first

    async def wait(self, *unless: asyncio.Event) -> None:
        """Waits, unless one of the events happens."""
        seconds, self._next = self._next, min(self._next * 2, self._longest)
        await first_of(*unless, within=seconds) if unless else await asyncio.sleep(seconds)
