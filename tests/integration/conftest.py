from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger import LedgerClient
from tests.clients import open_client
from tests.free_port import free_port
from tests.redis_server import RedisServer

OpenClient = Callable[..., LedgerClient]


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may break."""
    directory = tmp_path / "redis"
    directory.mkdir()
    with RedisServer(directory, free_port()) as server:
        yield server


@pytest.fixture
def opened() -> Iterator[OpenClient]:
    """Opens clients: kind, bot, options. They are closed at the end of the test."""
    with ExitStack() as stack:
        yield lambda kind, bot, **options: stack.enter_context(open_client(kind, bot, **options))
