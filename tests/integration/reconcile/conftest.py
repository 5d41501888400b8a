import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.reconciling import Desk, open_desk


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    """A bot with its ledger, and its account on a local Bybit."""
    async with open_desk(database_url, redis_url) as one:
        yield one


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """What was started for a reconciliation ends with it."""
    before = set(threading.enumerate())
    yield
    left = [t.name for t in set(threading.enumerate()) - before if t.name.startswith("reconcile")]
    assert left == []
