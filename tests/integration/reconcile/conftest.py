import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from ledger import AsyncLedgerClient
from tests.reconciling import BOT, Desk, open_desk


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    """A bot with its ledger, and its account on a local Bybit. Whatever happened, a second run writes nothing."""
    async with open_desk(database_url, redis_url) as one:
        yield one
        one.account.control.heal()
        assert await one.written_by_a_second_run() == set()


@pytest.fixture
async def wide(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    """The same with an account that trades everything."""
    async with open_desk(database_url, redis_url, categories=("linear", "inverse", "spot")) as one:
        yield one
        one.account.control.heal()
        assert await one.written_by_a_second_run() == set()


@pytest.fixture
async def client(database_url: str, redis_url: str) -> AsyncIterator[AsyncLedgerClient]:
    """A bot's client that is registered and has traded nothing."""
    async with AsyncLedgerClient(BOT, account="main", database_url=database_url, redis_url=redis_url) as one:
        await one.register()
        yield one


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """What was started for a reconciliation ends with it."""
    before = set(threading.enumerate())
    yield
    left = [t.name for t in set(threading.enumerate()) - before if t.name.startswith("reconcile")]
    assert left == []
