import threading
import time
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
    deadline = time.monotonic() + 15  # websocket-client looks at a connection that pybit threw away only every 10 s
    while left := _left(before):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def _left(before: set[threading.Thread]) -> list[str]:
    """Their names, those of threads included that are only about to start and cannot be joined yet."""
    names = [thread.name for thread in set(threading.enumerate()) - before]
    return [name for name in names if name.endswith(("(<lambda>)", "(_send_ping)")) or name == "bybit-stream"]
