"""Batches of what goes different ways: to the same books, and as fast, as one by one or apart."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any, Self

import psycopg
import pytest

from ledger import LedgerClient, create_client_order_id
from tests.fills import SYMBOL, fill, moment
from tests.locks import Call
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]
Clients = dict[str, LedgerClient]
_OURS, _THEIRS = "alpha", "beta"
_REPETITIONS = 30


@pytest.fixture
def bots(opened: OpenClient, database_url: str) -> Clients:
    clients = {name: opened("blocking", name, account="main", database_url=database_url) for name in (_OURS, _THEIRS)}
    for client in clients.values():
        client.register()
    return clients


def named(bot: str) -> dict[str, Any]:
    return {"client_order_id": create_client_order_id(bot, "entry"), "order_id": "o"}


def holders(bots: Clients) -> dict[str, list[str]]:
    """Whose book each execution is in."""
    found = {name: client.get_open_position_entries(SYMBOL) for name, client in bots.items()}
    return {name: [str(lot.exec_id) for lot in lots] for name, lots in found.items() if lots}


@pytest.mark.parametrize("count", [1, 2])
def test_whom_a_client_order_id_names_has_it_whoever_wrote_the_order(bots: Clients, count: int) -> None:
    bots[_THEIRS].record_fill(**fill("e0", order_id="o"))
    mine = [{**fill(f"e{n}", at=n), **named(_OURS)} for n in range(1, count + 1)]
    bots[_OURS].record_fills(mine)
    assert holders(bots) == {_THEIRS: ["e0"], _OURS: [given["exec_id"] for given in mine]}


def test_one_that_names_nobody_goes_beside_it_where_its_order_is(bots: Clients) -> None:
    bots[_THEIRS].record_fill(**fill("e0", order_id="o"))
    bots[_OURS].record_fills([fill("e1", order_id="o", at=1), {**fill("e2", at=2), **named(_OURS)}])
    assert holders(bots) == {_THEIRS: ["e0", "e1"], _OURS: ["e2"]}


@pytest.mark.parametrize("is_turned", [False, True])
def test_an_order_stays_together_if_one_of_its_executions_names_its_bot(bots: Clients, is_turned: bool) -> None:
    batch = [{**fill("e1"), **named(_THEIRS)}, fill("e2", order_id="o", at=1)]
    bots[_OURS].record_fills(batch[::-1] if is_turned else batch)
    assert holders(bots) == {_THEIRS: ["e1", "e2"]}


@pytest.fixture
def impatient(bots: Clients, database_url: str, opened: OpenClient, monkeypatch: pytest.MonkeyPatch) -> Clients:
    """To whom a deadlock is an error, not tried again. Each has an order for each to bring fills of, on a leg too."""
    monkeypatch.setenv("LEDGER_RETRY_TIMEOUT", "0")
    once = {name: opened("blocking", name, account="main", database_url=database_url) for name in bots}
    for owner, client in once.items():
        client.record_fills(
            fill(f"{owner} {name} {idx}", order_id=f"{owner} {name} {idx}", position_idx=idx)
            for name in once
            for idx in (0, 1)
        )
    return once


def together(*works: Callable[[int], object]) -> None:
    """Repeats all of them at once, each in a thread of its own."""

    def repeated(work: Callable[[int], object]) -> None:
        for number in range(1, _REPETITIONS + 1):
            work(number)

    calls = [Call(partial(repeated, work)) for work in works]
    for call in calls:
        call.join(60)
        assert call.error is None


def crossed(name: str, number: int, idx: int = 0) -> list[dict[str, Any]]:
    """One execution of each bot's order that `name` brings, its own first."""
    return [
        fill(f"{owner} {name} {idx} {number}", order_id=f"{owner} {name} {idx}", at=number + n / 60, position_idx=idx)
        for n, owner in enumerate(sorted((_OURS, _THEIRS), key=lambda owner: owner != name))
    ]


def test_two_bots_that_bring_each_others_executions_do_not_deadlock(impatient: Clients) -> None:
    def bring(name: str, number: int) -> None:
        impatient[name].record_fills(crossed(name, number))

    together(*(partial(bring, name) for name in impatient))
    booked = {name: [lot for lot in lots if lot.startswith(name)] for name, lots in holders(impatient).items()}
    assert booked == holders(impatient)
    assert [len(lots) for lots in booked.values()] == [2 * (_REPETITIONS + 2)] * 2


def test_two_bots_that_bring_each_others_cash_do_not_deadlock(impatient: Clients) -> None:
    def bring(name: str, number: int) -> None:
        mine, theirs = crossed(name, number)
        impatient[name].record_fills([mine, {**theirs, "exec_type": "Funding", "commission": 1}])

    together(*(partial(bring, name) for name in impatient))
    assert [client.realized_pnl(SYMBOL).funding for client in impatient.values()] == [_REPETITIONS] * 2


def test_two_bots_that_supersede_on_each_others_legs_do_not_deadlock(impatient: Clients) -> None:
    def bring(name: str, number: int) -> None:
        impatient[name].record_fills(crossed(name, number, 1), superseding=True)

    together(*(partial(bring, name) for name in impatient))
    sizes = [client.get_position(SYMBOL, position_idx=1).size for client in impatient.values()]
    assert sizes == [2 * (_REPETITIONS + 1)] * 2


def test_cash_among_late_fills_costs_one_rebuild(bots: Clients, connection: psycopg.Connection[Any]) -> None:
    client = bots[_OURS]
    client.record_fills([fill(f"later-{n}", "Sell" if n % 3 else "Buy", at=1000 + n) for n in range(60)])
    late = [fill(f"late-{n}", "Sell" if n % 2 else "Buy", at=n) for n in range(30)]
    cash = fill("f1", commission="0.5", exec_type="Funding", at=7)
    results = client.record_fills([*late[:10], cash, *late[10:]])
    assert [result.duplicate for result in results] == [False] * 31
    again = client.record_fills([*late[:10], cash, *late[10:]])
    assert [(result.fill_id, result.duplicate) for result in again] == [(result.fill_id, True) for result in results]
    assert len(connection.execute(statement("rebuilds"), {"account_id": client.register()}).fetchall()) == 1
    assert client.realized_pnl(SYMBOL).funding == Decimal("0.5")


@pytest.mark.parametrize("superseding", [False, True])
def test_cash_does_not_split_a_batch_of_a_hedge_leg(bots: Clients, superseding: bool) -> None:
    leg: dict[str, Any] = {"position_idx": 1}
    client = bots[_OURS]
    client.record_fills([fill("a", "Buy", 5, at=1, **leg), fill("d", "Sell", 5, at=10, **leg)])
    cash = fill("x", "Buy", 5, at=4, exec_type="Funding", commission="0.1", **leg)
    client.record_fills(
        [fill("b", "Sell", 3, at=2, **leg), fill("c", "Buy", 3, at=3, **leg), cash], superseding=superseding
    )
    assert client.get_position(SYMBOL, position_idx=1).size == 0
    assert client.realized_pnl(SYMBOL, position_idx=1).funding == Decimal("0.1")


class Finer(datetime):
    """A moment that shows more digits than it has, as those of pandas do."""

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return f"{super().isoformat(sep, timespec)[:-6]}789+00:00"

    def astimezone(self, tz: tzinfo | None = None) -> Self:
        return self


def test_a_moment_is_the_same_alone_and_in_a_batch(bots: Clients) -> None:
    at = moment(0).replace(microsecond=123456)
    finer = Finer(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, at.tzinfo)
    given = {**fill("e1"), "exec_time": finer}
    assert not bots[_OURS].record_fill(**given).duplicate
    assert bots[_OURS].record_fills([given])[0].duplicate
    assert bots[_OURS].get_open_position_entries(SYMBOL)[0].entry_time == at
