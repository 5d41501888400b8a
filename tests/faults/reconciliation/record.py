"""A second door to a local Bybit, which notes what was asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from reconcile.bybit.times import from_ms
from reconcile.paper import Venue, application


@dataclass
class Door:
    """Its address, and the ranges of executions that were asked for, by category."""

    url: str = ""
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)


@asynccontextmanager
async def noted(venue: Venue) -> AsyncIterator[Door]:
    """Serves the venue in this event loop."""
    door = Door()

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/v5/execution/list":
            query = request.query
            door.asked.append((query["category"], from_ms(int(query["startTime"])), from_ms(int(query["endTime"]))))
        return await handler(request)

    app = application(venue)
    app.middlewares.append(note)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        door.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield door
    finally:
        await runner.cleanup()
