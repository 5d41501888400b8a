from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reconciling import Desk, open_desk
from tests.serving import Service, environment_of

Serve = Callable[..., Service]


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    """A bot with its ledger, and its account on a local Bybit whose time runs."""
    async with open_desk(database_url, redis_url, running=True) as one:
        yield one


@pytest.fixture
def serve(desk: Desk, tmp_path: Path) -> Iterator[Serve]:
    """Starts services for the desk's account; all are gone afterwards."""
    started: list[Service] = []

    def start(environment: dict[str, str] | None = None, **settings: Any) -> Service:
        known = {
            "LEDGER_DATABASE_URL": desk.database_url,
            "LEDGER_REDIS_URL": desk.redis_url,
            "LEDGER_ACCOUNT": "main",
            **environment_of(desk.account),
        }
        started.append(Service(tmp_path, known | (environment or {}), **settings))
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            service.kill()
