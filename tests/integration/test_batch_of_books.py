"""One batch of several books: sent at once, answered one by one, and the cache told what each of them left."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger import ConflictingFillError, LedgerClient, create_client_order_id
from tests.clients import KINDS
from tests.fills import SYMBOL, fill, moment
from tests.proxy import Proxy, postgres_connector

OpenClient = Callable[..., LedgerClient]
OpenBot = Callable[[str], LedgerClient]
_OURS, _THEIRS = "alpha", "beta"


def of(symbol: str, exec_id: str, **more: Any) -> dict[str, Any]:
    return {**fill(exec_id, **more), "symbol": symbol}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def cached(kind: str, opened: OpenClient, database_url: str, redis_url: str) -> OpenBot:
    """Opens bots of one account that share the cache."""

    def bot(name: str) -> LedgerClient:
        client = opened(kind, name, account="main", database_url=database_url, redis_url=redis_url)
        client.register()
        return client

    return bot


def believed(client: LedgerClient) -> tuple[Any, int]:
    """What a reader is told, which PostgreSQL must say, too."""
    told, stored = client.get_position(SYMBOL), client.get_current_position_summary(SYMBOL)
    assert stored is not None
    assert (told.size, told.book_seq) == (stored.size, stored.book_seq)
    return told.size, told.book_seq


def test_all_is_sent_before_anything_is_answered(
    kind: str, opened: OpenClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STATEMENT_TIMEOUT", "RETRY_TIMEOUT"):  # when a client that waits in between gives up
        monkeypatch.setenv(f"LEDGER_{name}", "3")
    with Proxy(postgres_connector(database_url)) as proxy:
        client = opened(kind, "bot", account="main", database_url=proxy.postgres_url(database_url))
        client.record_fill(**of("S0USDT", "first"))
        proxy.hold_answers_until(b"the-last-one")
        symbols = [f"S{number}USDT" for number in range(12)]
        batch = [of(symbol, f"e-{symbol}", at=1) for symbol in symbols[:-1]] + [of(symbols[-1], "the-last-one", at=1)]
        results = client.record_fills(batch)
    assert [result.duplicate for result in results] == [False] * 12
    assert [result.position.symbol for result in results] == symbols


def test_what_is_refused_keeps_nothing_else_back_and_nobody_is_written_twice(cached: OpenBot) -> None:
    ours = cached(_OURS)
    symbols = [f"S{number}USDT" for number in range(6)]
    ours.record_fills([of("S1USDT", "a"), of("S3USDT", "b")])
    refused = {"S1USDT": of("S1USDT", "a", qty=2), "S3USDT": of("S3USDT", "b", qty=2)}
    with pytest.raises(ConflictingFillError, match="execution a "):
        ours.record_fills([refused.get(symbol) or of(symbol, f"e-{symbol}", at=1) for symbol in symbols])
    written = [symbol for symbol in symbols if symbol not in refused]
    assert {symbol: int(ours.get_position(symbol).book_seq) for symbol in symbols} == dict.fromkeys(symbols, 1)
    again = ours.record_fills([of(symbol, f"e-{symbol}", at=1) for symbol in written])
    assert [result.duplicate for result in again] == [True] * 4


def test_a_first_delivery_is_no_duplicate_if_one_of_its_books_had_to_be_announced(cached: OpenBot) -> None:
    theirs, ours = cached(_THEIRS), cached(_OURS)
    orders = {f"S{number}USDT": f"o{number}" for number in range(5)}
    theirs.record_fills([of(symbol, f"first-{symbol}", order_id=order) for symbol, order in orders.items()])
    batch = [of(symbol, f"e-{symbol}", order_id=order, at=1) for symbol, order in orders.items()]
    results = ours.record_fills([of("BUSDT", "b"), *batch, of("ZUSDT", "z")])
    assert [result.duplicate for result in results] == [False] * 7
    assert {result.position.bot_id for result in results[1:-1]} == {_THEIRS}
    assert {symbol: theirs.get_position(symbol).size for symbol in orders} == dict.fromkeys(orders, 2)


def test_another_leg_takes_the_place_of_an_order_level_fill(cached: OpenBot) -> None:
    ours = cached(_OURS)
    ours.record_fill(**fill(None, qty=3, order_id="o"))
    ours.record_fills([fill("x", order_id="o", at=3, position_idx=1), fill("y", at=4)])
    assert believed(ours) == (3, 4)


def test_a_fill_that_names_its_bot_replaces_one_in_a_book_that_was_answered(cached: OpenBot) -> None:
    theirs, ours = cached(_THEIRS), cached(_OURS)
    theirs.record_fill(**fill(None, qty=3, order_id="whole"))
    theirs.record_fill(**fill("first", order_id="o"))
    named = {"client_order_id": create_client_order_id(_OURS, "entry")}
    ours.record_fills([fill("e1", order_id="o", at=1), fill("e2", order_id="whole", at=2, **named)])
    assert believed(theirs) == (4, 5)
    assert believed(ours) == (1, 1)


def test_the_positions_of_results_are_those_that_their_transaction_left(cached: OpenBot) -> None:
    theirs, ours = cached(_THEIRS), cached(_OURS)
    theirs.record_fill(**fill("first", order_id="o"))
    results = ours.record_fills([fill(f"e{n}", order_id="o", at=n) for n in range(1, 4)] + [fill("mine", at=4)])
    assert [result.position.size for result in results] == [4, 4, 4, 1]
    assert believed(theirs) == (4, 4)


def test_an_execution_takes_back_the_adjustment_of_a_book_that_was_answered(cached: OpenBot) -> None:
    theirs, ours = cached(_THEIRS), cached(_OURS)
    first = theirs.record_fill(**fill("first"))
    theirs.record_adjustment(
        symbol=SYMBOL,
        side="Buy",
        category="linear",
        position_idx=0,
        exec_qty=5,
        exec_time=moment(5),
        exec_id="adjustment",
        seen={_THEIRS: first.position.book_seq},
    )
    assert believed(theirs) == (6, 2)
    named = {"client_order_id": create_client_order_id(_THEIRS, "entry")}
    ours.record_fills([fill("later", at=6, **named), fill("earlier", at=3)], superseding=True)
    assert believed(theirs) == (2, 4)
