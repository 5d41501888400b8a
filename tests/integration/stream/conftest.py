from collections.abc import AsyncIterator

import pytest

from tests.reconciling import Desk, open_desk


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    """A bot with its ledger, and its account on a local Bybit whose time runs."""
    async with open_desk(database_url, redis_url, running=True) as one:
        yield one
