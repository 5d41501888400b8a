"""A reconciliation that is killed at any statement is ended by the next one, as if nothing had been.

All statements: python -m tests.killing. Here some of them, others with each seed of pytest-randomly.
"""

import asyncio
import random
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.killing.child import run
from tests.killing.events import STORIES
from tests.killing.points import FORKS, Point, kill_at, open_ground
from tests.killing.state import differences, state_of
from tests.killing.wire import StatementProxy
from tests.servers import Servers

MOST = 5
MakeDatabase = Callable[[], str]


@pytest.mark.timeout(900)  # ten reconciliations on a machine that may be busy
@pytest.mark.parametrize("name", sorted(STORIES))
async def test_killed_and_run_again(name: str, servers: Servers, make_database: MakeDatabase, redis_url: str) -> None:
    async with open_ground(STORIES[name], make_database, servers.admin_url, redis_url) as ground:
        assert any("trading.record_" in text for text in ground.statements)
        # All is booked and nothing is told: always one of them.
        told = next(number for number, text in enumerate(ground.statements, 1) if "save_run" in text)
        for point in sorted({Point(told, answered=False), *random.sample(ground.points, MOST - 1)}):
            assert await kill_at(ground, point) == [], (point, ground.statements[point.number - 1])


async def test_a_killed_one_does_not_stop_one_that_waits(
    servers: Servers, make_database: MakeDatabase, redis_url: str
) -> None:
    async with open_ground(STORIES["outage"], make_database, servers.admin_url, redis_url) as ground:
        database_url, stopped = ground.copy(), threading.Event()
        with StatementProxy(database_url) as first, StatementProxy(database_url) as second:
            holder = FORKS.Process(
                target=run, args=(replace(ground.call, database_url=first.postgres_url(database_url)),), daemon=True
            )
            booking = next(n for n, text in enumerate(ground.statements, 1) if "record_fill" in text)
            first.end_at(booking, answered=False, then=stopped.set)
            holder.start()
            assert await asyncio.to_thread(stopped.wait, 60)
            waiter = FORKS.Process(
                target=run, args=(replace(ground.call, database_url=second.postgres_url(database_url)),), daemon=True
            )
            waiter.start()
            while not any("advisory" in text for text in second.statements):
                assert waiter.exitcode is None
                await asyncio.sleep(0.01)
            holder.kill()
            await asyncio.to_thread(waiter.join, 60)
            assert waiter.exitcode == 0
        assert differences(ground.wanted, state_of(database_url)) == []
        ground.drop(database_url)
