"""A reconciliation that is killed does not stop one that waits for it.

Killed at each of their statements and run again: `python -m tests.faults reconciliations`, a sample in test_quick.py.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

from tests.faults.reconciliation.child import run
from tests.faults.reconciliation.events import STORIES
from tests.faults.reconciliation.points import FORKS, open_ground
from tests.faults.state import differences, state_of
from tests.faults.wire import StatementProxy
from tests.servers import Servers

MakeDatabase = Callable[[], str]


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
