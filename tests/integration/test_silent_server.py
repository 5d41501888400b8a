"""A server that is there, takes every request and answers none: frozen, or cut off after it acknowledged."""

from collections.abc import Callable, Iterator

import pytest

from ledger import DatabaseUnavailableError, LedgerClient
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.locks import Call
from tests.proxy import Proxy, postgres_connector

OpenClient = Callable[..., LedgerClient]


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    with Proxy(postgres_connector(database_url)) as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_no_longer_answers_is_given_up(
    kind: str, opened: OpenClient, proxy: Proxy, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RETRY_TIMEOUT", "CONNECT_TIMEOUT", "STATEMENT_TIMEOUT"):
        monkeypatch.setenv(f"LEDGER_{name}", "1")
    client = opened(kind, "bot", account="main", database_url=proxy.postgres_url(database_url))
    client.record_fill(**fill("e0"))
    proxy.swallows = True
    call = Call(lambda: client.get_current_position_summary(SYMBOL))
    call.join(12)
    ended = not call.is_alive()
    proxy.swallows = False
    proxy.cut()
    call.join(10)
    assert ended, "it waited for ever"
    assert isinstance(call.error, DatabaseUnavailableError)
    assert client.record_fill(**fill("e1", at=1)).position.size == 2
