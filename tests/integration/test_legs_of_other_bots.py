"""Batches for a hedge leg of another bot: some of the fills name it, of others only the order says whose they are."""

from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest

from ledger import ConflictingFillError, InsufficientPositionError, LedgerClient, create_client_order_id
from ledger.database.url import to_conninfo
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.locks import Call, wait_until_blocked
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]
_THEIRS = "beta"
_LEG: dict[str, Any] = {"position_idx": 1}


@pytest.fixture(params=KINDS)
def ours(request: pytest.FixtureRequest, opened: OpenClient, database_url: str, redis_url: str) -> LedgerClient:
    opened("blocking", _THEIRS, account="main", database_url=database_url).register()
    client = opened(request.param, "alpha", account="main", database_url=database_url, redis_url=redis_url)
    client.register()
    return client


def named(exec_id: str, side: str = "Buy", qty: int = 1, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = fill(
        exec_id, side, qty, client_order_id=create_client_order_id(_THEIRS, "entry"), **_LEG, **more
    )
    return given


def unnamed(exec_id: str, side: str = "Buy", qty: int = 1, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = fill(exec_id, side, qty, **_LEG, **more)
    return given


def theirs_by_order(connection: psycopg.Connection[Any], client: LedgerClient, *orders: str) -> None:
    for order in orders:
        connection.execute(
            statement("steps/order"),
            {"account_id": client.register(), "category": "linear", "order_id": order, "bot_id": _THEIRS},
        )


@pytest.mark.parametrize("superseding", [False, True])
@pytest.mark.parametrize("is_turned", [False, True])
def test_they_go_together(
    ours: LedgerClient, connection: psycopg.Connection[Any], is_turned: bool, superseding: bool
) -> None:
    """Neither those that name it nor the others are a possible history of a leg by themselves."""
    theirs_by_order(connection, ours, "u1", "u2")
    batch = [
        named("e1", "Buy", 1, order_id="n1"),
        unnamed("e2", "Buy", 1, at=1, order_id="u1"),
        named("e3", "Sell", 2, at=2, order_id="n2"),
        named("e4", "Buy", 2, at=3, order_id="n3"),
        unnamed("e5", "Sell", 2, at=4, order_id="u2"),
    ]
    given = batch[::-1] if is_turned else batch
    results = ours.record_fills(given, superseding=superseding)
    assert [result.duplicate for result in results] == [False] * 5
    closed = {one["exec_id"]: [t.quantity for t in r.completed_trades] for one, r in zip(given, results, strict=True)}
    assert closed == {"e1": [], "e2": [], "e3": [1, 1], "e4": [], "e5": [2]}
    assert {(r.position.bot_id, int(r.position.size), r.position.book_seq) for r in results} == {(_THEIRS, 0, 5)}
    again = ours.record_fills(given, superseding=superseding)
    assert [(r.fill_id, r.duplicate) for r in again] == [(r.fill_id, True) for r in results]


def test_an_order_is_whose_one_of_its_executions_says(ours: LedgerClient) -> None:
    batch = [
        unnamed("e1", order_id="o"),
        named("e2", at=1, order_id="o"),
        named("e3", "Sell", 2, at=2, order_id="p"),
    ]
    assert {result.position.bot_id for result in ours.record_fills(batch)} == {_THEIRS}


def test_the_others_stay_where_they_belong(
    ours: LedgerClient, connection: psycopg.Connection[Any], opened: OpenClient, database_url: str
) -> None:
    """Without a cache: with one, what is refused until it is announced comes again, the rest as a duplicate."""
    gamma, client = (opened("blocking", name, account="main", database_url=database_url) for name in ("gamma", "alpha"))
    gamma.record_fill(**unnamed("g0", order_id="g"))
    theirs_by_order(connection, ours, "u1")
    mine = create_client_order_id("alpha", "entry")
    batch = [
        unnamed("a1", qty=3, at=1),
        unnamed("g1", "Sell", at=1, order_id="g"),
        named("b1", at=1, order_id="n1"),
        unnamed("a2", "Sell", 1, at=2, order_id="new"),
        unnamed("b2", "Sell", at=2, order_id="u1"),
        unnamed("a3", "Sell", 1, at=3, order_id="u1", client_order_id=mine),
        named("b3", qty=7, at=4, order_id="n1"),
        unnamed("f1", at=5, order_id="u1", exec_type="Funding", commission=1),
    ]
    results = client.record_fills(batch)
    assert [result.position.bot_id[0] + batch[n]["exec_id"] for n, result in enumerate(results)] == [
        "aa1", "gg1", "bb1", "aa2", "bb2", "aa3", "bb3", "bf1",
    ]  # fmt: skip
    assert not any(result.duplicate for result in results)
    sizes = {result.position.bot_id: result.position.size for result in results}
    assert sizes == {"alpha": 1, _THEIRS: 7, "gamma": 0}
    assert ours.get_position(SYMBOL, **_LEG).size == 1


def test_what_is_closed_beyond_what_is_open_is_still_refused(ours: LedgerClient) -> None:
    with pytest.raises(InsufficientPositionError):
        ours.record_fills(
            [
                named("b1", order_id="n1"),
                unnamed("a1", qty=5, at=1, order_id="mine"),
                named("b2", "Sell", 2, at=2, order_id="n2"),
            ]
        )
    assert ours.get_position(SYMBOL, **_LEG).size == 5


@pytest.mark.parametrize("position_idx", [0, 1])
def test_what_is_refused_leaves_nothing_of_the_book_behind(
    ours: LedgerClient, connection: psycopg.Connection[Any], position_idx: int
) -> None:
    """Nor is what names nobody taken for the caller's then: the order's bot is known by another execution of it."""
    theirs_by_order(connection, ours, "u1")
    known = named("known", order_id="k") | {"position_idx": position_idx}
    ours.record_fills([known])
    batch = [
        one | {"position_idx": position_idx}
        for one in (
            unnamed("e1", at=1, order_id="o"),
            named("e2", at=2, order_id="o"),
            unnamed("e3", at=3, order_id="u1"),
            unnamed("mine", at=3, order_id="m"),
        )
    ]
    with pytest.raises(ConflictingFillError):
        ours.record_fills([*batch, known | {"exec_qty": 9}])
    assert ours.get_position(SYMBOL, position_idx=position_idx).book_seq == 1  # mine
    results = ours.record_fills([*batch, known])
    assert [(result.position.bot_id, result.duplicate) for result in results] == [
        (_THEIRS, False), (_THEIRS, False), (_THEIRS, False), ("alpha", True), (_THEIRS, True),
    ]  # fmt: skip


@pytest.mark.parametrize("position_idx", [0, 1])
def test_what_names_nobody_does_not_overtake_what_comes_again(
    ours: LedgerClient, opened: OpenClient, database_url: str, redis_url: str, position_idx: int
) -> None:
    """Its bot's part changes a third bot's position, which is not announced at first."""
    third = opened("blocking", "gamma", account="main", database_url=database_url, redis_url=redis_url)
    leg: dict[str, Any] = {"position_idx": position_idx}
    third.record_fill(**fill(None, "Buy", 3, order_id="g", **leg))
    batch = [
        unnamed("e1", "Buy", 1, at=1, order_id="o") | leg,
        named("e2", "Buy", 1, at=2, order_id="o") | leg,
        named("e3", "Buy", 3, at=3, order_id="g") | leg,
        named("e4", "Sell", 5, at=4, order_id="x") | leg,
    ]
    results = ours.record_fills(batch)
    assert {(result.position.bot_id, result.duplicate) for result in results} == {(_THEIRS, False)}
    assert ours.get_position(SYMBOL, **leg).book_seq == 0
    told, stored = (third.get_position(SYMBOL, **leg).size for _ in range(2))
    assert told == stored


def test_what_turns_out_to_be_nobodys_comes_again(
    ours: LedgerClient, connection: psycopg.Connection[Any], database_url: str
) -> None:
    """Until the write it seemed to be the order of the bot that another execution names."""
    given: dict[str, Any] = {"account_id": ours.register(), "order_id": "u1"}
    theirs_by_order(connection, ours, "u1")
    batch = [named("e1", order_id="n1"), unnamed("e2", at=1, order_id="u1")]
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as watcher, connection.transaction():
        connection.execute(statement("steps/lock_order"), given)
        connection.execute(statement("steps/other_order"), {**given, "bot_id": "alpha"})
        call = Call(partial(ours.record_fills, batch))
        wait_until_blocked(watcher, connection)
    call.join(30)
    assert call.error is None
    assert [result.position.bot_id for result in call.result] == [_THEIRS, "alpha"]
