"""An order counts once, whichever books and bots its fills are brought to, and at whatever moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from ledger import ConflictingFillError, InsufficientPositionError, InvalidInputError, LedgerClient
from tests.clients import KINDS, open_client
from tests.fills import SYMBOL, fill, moment
from tests.statements import statement

Open = Callable[..., LedgerClient]
_ORDERS = 25


@pytest.fixture
def opened(database_url: str, redis_url: str) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda bot_id, kind="blocking": stack.enter_context(
            open_client(kind, bot_id, account="main", database_url=database_url, redis_url=redis_url)
        )


@pytest.mark.parametrize(("second", "position_idx"), [("b", 0), ("a", 1)], ids=["two bots", "two legs"])
def test_a_whole_order_and_its_execution_at_the_same_moment(
    opened: Open, connection: psycopg.Connection[Any], second: str, position_idx: int
) -> None:
    clients = {name: opened(name) for name in ("a", "b")}
    for client in clients.values():
        client.register()
    together = threading.Barrier(2)
    errors: list[BaseException] = []

    def deliver(client: LedgerClient, **more: Any) -> None:
        for number in range(_ORDERS):
            together.wait(30)
            try:
                exec_id = f"e{number}" if more else None
                client.record_fill(**fill(exec_id, order_id=f"o{number}", **more))
            except BaseException as error:
                errors.append(error)

    threads = [
        threading.Thread(target=deliver, args=(clients["a"],)),
        threading.Thread(target=deliver, args=(clients[second],), kwargs={"position_idx": position_idx}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    sizes = [c.get_position(SYMBOL, position_idx=idx).size for c in clients.values() for idx in (0, 1)]
    assert sum(sizes) == _ORDERS
    row = connection.execute(statement("account_id"), {"name": "main"}).fetchone()
    assert row is not None
    assert connection.execute(statement("verify_account"), {"account_id": row[0]}).fetchall() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", [{"position_idx": 1}, {"symbol": "BTC-USDT"}], ids=["leg", "spelling"])
def test_the_cache_hears_of_the_other_book_of_the_bot(opened: Open, kind: str, other: dict[str, Any]) -> None:
    client, reader = opened("a", kind), opened("a")
    client.write_fill(SYMBOL, "Buy", 100, 10, "o1", None, None, 0, moment(0))
    assert client.get_position(SYMBOL).size == reader.get_position(SYMBOL).size == 10
    client.record_fill(**{**fill("e1", qty=10, order_id="o1"), **other})
    for each in (client, reader):
        assert each.get_position(SYMBOL).size == 0
        assert each.get_position(other.get("symbol", SYMBOL), position_idx=other.get("position_idx", 0)).size == 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_book_s_batch_is_one_whoever_its_order_ids_name(opened: Open, kind: str) -> None:
    opened("b").register()
    client = opened("a", kind)
    leg: Any = {"position_idx": 1}
    hedge = client.record_fills(
        [
            fill("h1", qty=5, client_order_id="a-entry-000000001", **leg),
            fill("h2", "Sell", 5, 110, at=1, **leg),
        ]
    )
    assert [trade.quantity for trade in hedge[1].completed_trades] == [5]
    one_way = client.record_fills(
        [
            fill("w1", qty=5, client_order_id="a-entry-000000002"),
            fill("w2", "Sell", 2, 110, at=1, client_order_id="stranger-entry-000000003"),
            fill("w3", "Sell", 1, 110, at=2),
            fill("w4", qty=4, at=3, client_order_id="b-entry-000000004"),
        ]
    )
    assert [result.position.size for result in one_way] == [2, 2, 2, 4]
    assert [result.position.bot_id for result in one_way] == ["a", "a", "a", "b"]
    assert [len(result.completed_trades) for result in one_way] == [0, 1, 1, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_an_execution_moves_a_position_or_cash(opened: Open, kind: str) -> None:
    client = opened("a", kind)
    trade, funding = fill("e1"), fill("e1", commission=1, exec_type="Funding")
    client.record_fill(**trade)
    client.record_fill(**{**funding, "exec_id": "e2"})
    for write in (client.record_fill, lambda **given: client.record_fills([given, {**given, "exec_id": "e3"}])):
        with pytest.raises(ConflictingFillError, match="exec_type"):
            write(**funding)
        with pytest.raises(ConflictingFillError, match="exec_type"):
            write(**{**trade, "exec_id": "e2"})
    assert client.get_position(SYMBOL).size == 1


def test_trades_come_oldest_lot_first_within_a_moment(opened: Open) -> None:
    client = opened("a")
    for seq, exec_id in ((2, "later"), (1, "earlier")):
        client.record_fill(**fill(exec_id, price=100 + seq, seq=seq))
    closed = client.record_fill(**fill("out", "Sell", 2, 110, at=1))
    assert [trade.entry_price for trade in closed.completed_trades] == [101, 102]
    batch = client.record_fills(
        [fill("in", at=2, seq=9), fill("in0", price=90, at=2, seq=8), fill("x", "Sell", 2, at=3)]
    )
    assert [trade.entry_price for trade in batch[2].completed_trades] == [90, 100]


@pytest.mark.parametrize("at", [9, 11], ids=["late", "last"])
def test_a_close_of_more_than_is_open_now_is_refused_whatever_its_time(opened: Open, at: int) -> None:
    client = opened("a")
    client.record_fill(**fill("e1", qty=5))
    client.close_position_fifo(SYMBOL, 110, 3, moment(10), "tp", "x1")
    with pytest.raises(InsufficientPositionError) as caught:
        client.close_position_fifo(SYMBOL, 110, 3, moment(at), "tp", "x2")
    assert (caught.value.need, caught.value.have) == (Decimal(3), Decimal(2))
    assert client.get_position(SYMBOL).size == 2
    client.close_position_fifo(SYMBOL, 110, 2, moment(at), "tp", "x3")
    assert client.get_position(SYMBOL).side == "None"


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("category", {"category": "Inverse"}),
        ("position_idx", {"category": "spot", "position_idx": 2}),
        ("order_id", {"order_id": "o:rest:5"}),
        ("exec_qty", {"exec_qty": "\uff11\uff12"}),
    ],
)
def test_what_looks_like_something_else_is_refused(opened: Open, field: str, more: dict[str, Any]) -> None:
    client = opened("a")
    with pytest.raises(InvalidInputError) as caught:
        client.record_fill(**{**fill("e1"), **more})
    assert caught.value.field == field
    assert client.get_position(SYMBOL).size == 0
