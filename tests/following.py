"""A live booking that runs beside a test, and what it told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ledger import AsyncLedgerClient
from ledger.database import AsyncDatabase
from ledger.session import EXTERNAL
from reconcile.exchange import Exchange
from reconcile.startup.store import Store
from reconcile.stream.booking import LiveBooking, StreamState
from reconcile.values import Execution
from tests.bybit_account import START
from tests.reconciling import Desk


@dataclass
class Follower:
    """What a live booking tells its watcher."""

    live: LiveBooking = field(init=False)
    states: list[StreamState] = field(default_factory=list)
    executions: list[tuple[str, float | None]] = field(default_factory=list)
    troubles: list[tuple[str, str]] = field(default_factory=list)
    wanted: int = 0  # reconciliations

    def stream_is(self, state: StreamState) -> None:
        if not self.states or self.states[-1] != state:
            self.states.append(state)

    def booked(self, execution: Execution, lag: float | None) -> None:
        self.executions.append((execution.exec_id, lag))

    async def trouble(self, kind: str, title: str, text: str) -> None:
        self.troubles.append((kind, text))

    def reconcile_soon(self) -> None:
        self.wanted += 1

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.troubles]


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits until something is true; fails after so many seconds."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what happens elsewhere has no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def following(
    desk: Desk, *, exchange: Exchange | None = None, since: datetime = START, database_url: str | None = None
) -> AsyncIterator[Follower]:
    """A live booking on the desk's account, from the moment at which it is live."""
    url = database_url or desk.database_url
    async with AsyncLedgerClient(
        EXTERNAL, account="bybit:main:paper", database_url=url, redis_url=desk.redis_url
    ) as client:
        database = AsyncDatabase(client.settings)
        store = Store(database, await client.register())
        follower = Follower()
        follower.live = LiveBooking(exchange or desk.account.exchange, store, client, follower, since)
        running = asyncio.create_task(follower.live.run())
        try:
            await until(lambda: "live" in follower.states or running.done())
            yield follower
            follower.live.stop()
            await asyncio.wait_for(running, 20)
        finally:
            running.cancel()
            await asyncio.wait({running})
            await database.close()
