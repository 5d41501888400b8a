import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.bybit_account import BybitAccount, bybit_account


@pytest.fixture
async def account() -> AsyncIterator[BybitAccount]:
    """An account on a local Bybit of its own."""
    async with bybit_account() as one:
        yield one


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """pybit's and the stream's threads end with their connections."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.endswith(("(<lambda>)", "(_send_ping)")) or thread.name == "bybit-stream":
            thread.join(15)  # websocket-client looks at a connection that pybit threw away only every 10 s
            assert not thread.is_alive(), thread.name
