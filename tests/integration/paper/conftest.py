from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import Credentials, PaperBybit, paper_bybit
from tests.paper_exchange import START, connect

Connect = Callable[..., HTTP]


@pytest.fixture
def exchange() -> Iterator[PaperBybit]:
    """A local Bybit whose time stands still and that does not mind haste."""
    with paper_bybit(seed=7, start=START, rate_limits=False) as running:
        yield running


@pytest.fixture
def user(exchange: PaperBybit) -> Credentials:
    return exchange.control.create_account(1001)


@pytest.fixture
def connected(exchange: PaperBybit, user: Credentials) -> Iterator[Connect]:
    """Opens pybit sessions: of the user unless told otherwise."""
    sessions: list[HTTP] = []

    def open_session(who: Credentials = user, **options: Any) -> HTTP:
        sessions.append(connect(exchange, who, **options))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.client.close()


@pytest.fixture
def session(connected: Connect) -> HTTP:
    """pybit, signed in as the user."""
    return connected()
