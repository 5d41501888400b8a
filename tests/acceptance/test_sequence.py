"""The calls that existing bots make one after the other give the rows that `record_fill` gives, never more."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from ledger import CompletedTrade, EntryNotFoundError, InsufficientPositionError, LedgerClient
from tests.all_rows import all_rows
from tests.clients import KINDS, open_client
from tests.fills import SYMBOL, fill, moment


@dataclass(frozen=True)
class Order:
    """An order; one with a reason closes."""

    name: str
    side: str
    qty: str
    price: str
    fee: str
    at: int
    reason: str | None = None


LONG = (
    Order("o1", "Buy", "100", "50000", "3.1", 0),
    Order("o2", "Buy", "50", "51000", "-0.7", 10),
    Order("o3", "Sell", "120", "53000", "4.0000001", 20, "take_profit"),
    Order("o4", "Sell", "30", "49000", "1", 30, "stop_loss"),
)
SHORT = tuple(
    Order(o.name, {"Buy": "Sell", "Sell": "Buy"}[o.side], o.qty, o.price, o.fee, o.at, o.reason) for o in LONG
)
# What a bot may do with one order: w write_fill, p create_position_entry or close_position_fifo with the order's
# id, n the same without it, r record_fill.
WITH_IDS = ("w", "wp", "p", "pp", "wpp", "ww", "wpwp", "pw", "rp", "rwp", "r")
WITHOUT_IDS = ("wn", "wnn", "rn", "wpn")
UNTOLD = {"bot_id", "entry_id", "entry_fill_id", "exit_fill_id", "source", "exec_id"}


def calls(client: LedgerClient, order: Order, style: str) -> None:
    """Makes the calls of a style. Only `write_fill` can say that an entry is a short's."""
    begins_short = order.reason is None and order.side == "Sell" and style[0] == "p"
    for letter in f"w{style}" if begins_short else style:
        call(client, order, letter)


def call(client: LedgerClient, order: Order, letter: str) -> Any:
    """Makes one call; answers what the bot gets."""
    time = moment(order.at)
    order_id = order.name if letter == "p" else None
    if letter == "w":
        return client.write_fill(
            SYMBOL, order.side, order.price, order.qty, order.name, None, order.reason, order.fee, time
        )
    if letter == "r":
        more = {"order_id": order.name, "commission": order.fee, "close_reason": order.reason}
        return client.record_fill(**fill(None, order.side, order.qty, order.price, order.at, **more))
    if order.reason is not None:
        return client.close_position_fifo(
            SYMBOL, order.price, order.qty, time, order.reason, order_id, exit_commission=order.fee
        )
    return client.create_position_entry(SYMBOL, order.price, order.qty, time, order_id, commission=order.fee)


def rows(client: LedgerClient) -> dict[str, Any]:
    """All that a bot can see, but for the names of things."""
    lots = client.get_open_position_entries(SYMBOL)
    return {
        "trades": [_told(trade) for trade in client.get_completed_trades(SYMBOL)],
        "lots": [_told(lot) for lot in lots],
        "position": client.get_current_position_summary(SYMBOL) and _told(client.get_position(SYMBOL)),
        "pnl": dict(client.realized_pnl(SYMBOL)),
    }


def _told(row: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(row).items() if name not in UNTOLD | {"updated_at"}}


@pytest.fixture(params=KINDS)
def new_client(
    request: pytest.FixtureRequest, shared_database_url: str, make_account: Callable[[], str]
) -> Iterator[Callable[[], LedgerClient]]:
    """Opens clients of one kind, each for a bot on an account of its own."""
    with ExitStack() as stack:

        def open_one() -> LedgerClient:
            account = make_account()
            client = open_client(request.param, f"bot-{account}", account=account, database_url=shared_database_url)
            return stack.enter_context(client)

        yield open_one


def expected_rows(client: LedgerClient, orders: tuple[Order, ...]) -> list[dict[str, Any]]:
    """The rows after each order, from `record_fill` alone."""
    found = []
    for order in orders:
        call(client, order, "r")
        found.append(rows(client))
    return found


@pytest.mark.parametrize("orders", [LONG, SHORT], ids=["long", "short"])
def test_each_way_to_call_gives_the_rows_of_record_fill(
    new_client: Callable[[], LedgerClient], orders: tuple[Order, ...]
) -> None:
    expected = expected_rows(new_client(), orders)
    for style in WITH_IDS + WITHOUT_IDS:
        client = new_client()
        for order, want in zip(orders, expected, strict=True):
            calls(client, order, style)
            assert rows(client) == want, (style, order.name)


@pytest.mark.parametrize("orders", [LONG, SHORT], ids=["long", "short"])
def test_any_mixture_of_ways_gives_the_rows_of_record_fill(
    new_client: Callable[[], LedgerClient], orders: tuple[Order, ...]
) -> None:
    expected = expected_rows(new_client(), orders)
    for _ in range(6):
        client = new_client()
        styles = [random.choice(WITH_IDS + WITHOUT_IDS) for _ in orders]
        for order, style in zip(orders, styles, strict=True):
            calls(client, order, style)
        # The day's calls once more, as after a restart that has forgotten how far it came.
        for order, style in zip(orders, styles, strict=True):
            calls(client, order, style)
        assert rows(client) == expected[-1], styles


@pytest.mark.parametrize("orders", [LONG, SHORT], ids=["long", "short"])
def test_without_any_order_id_a_repetition_counts_once(
    new_client: Callable[[], LedgerClient], orders: tuple[Order, ...]
) -> None:
    client = new_client()
    for order in orders:
        letter = "w" if order.reason is None and order.side == "Sell" else "n"
        answer = call(client, order, letter)
        told = rows(client)
        assert call(client, order, letter) == answer
        assert rows(client) == told
    unnamed = {"entry_order_id", "exit_order_id"}
    expected = expected_rows(new_client(), orders)[-1]
    assert [{k: v for k, v in t.items() if k not in unnamed} for t in rows(client)["trades"]] == [
        {k: v for k, v in t.items() if k not in unnamed} for t in expected["trades"]
    ]


def test_each_call_answers_what_the_fill_did(new_client: Callable[[], LedgerClient]) -> None:
    client = new_client()
    first, second, third, fourth = LONG
    for order in (first, second):
        fill_id = call(client, order, "w")
        assert call(client, order, "p") == fill_id
        assert call(client, order, "n") == fill_id
        by_id = client.create_position_entry(SYMBOL, order.price, order.qty, moment(order.at), None, fill_id)
        assert by_id == fill_id
    call(client, third, "w")
    trades: list[CompletedTrade] = call(client, third, "p")
    assert [(t.quantity, t.gross_pnl) for t in trades] == [(Decimal(100), Decimal(300000)), (Decimal(20), 40000)]
    assert trades == call(client, third, "n") == call(client, third, "p")
    assert sum(t.exit_commission for t in trades) == Decimal(third.fee)
    assert {t.exit_reason for t in trades} == {"take_profit"}
    assert [t.quantity for t in call(client, fourth, "p")] == [Decimal(30)]
    with pytest.raises(EntryNotFoundError):
        call(client, Order("o3", "Buy", "120", "53000", "4.0000001", 20), "p")


def test_a_flip_closes_and_opens(new_client: Callable[[], LedgerClient]) -> None:
    client = new_client()
    call(client, Order("o1", "Buy", "3", "100", "0", 0), "w")
    flip = Order("o2", "Sell", "5", "110", "0.5", 1, "reversed")
    fill_id = call(client, flip, "w")
    entry = client.create_position_entry(SYMBOL, "110", "2", moment(1), "o2")
    assert entry == fill_id
    trades = client.close_position_fifo(SYMBOL, "110", "3", moment(1), "reversed", "o2")
    assert [(t.quantity, t.net_pnl) for t in trades] == [(Decimal(3), Decimal("29.7"))]
    position = client.get_position(SYMBOL)
    assert (position.side, position.size) == ("Sell", Decimal(2))


@pytest.mark.parametrize("side", ["Buy", "Sell"])
@pytest.mark.parametrize("order_id", ["o9", None])
def test_closing_more_than_is_open_writes_nothing(
    new_client: Callable[[], LedgerClient], shared_database_url: str, side: str, order_id: str | None
) -> None:
    client = new_client()
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        _refused(client, connection, "0", order_id)
        client.record_fill(**fill("e1", side, "2"))
        client.record_fill(**fill("e2", side, "0.5", at=1))
        _refused(client, connection, "2.5", order_id)


def _refused(client: LedgerClient, connection: psycopg.Connection[Any], have: str, order_id: str | None) -> None:
    client.register()
    before = all_rows(connection)
    with pytest.raises(InsufficientPositionError) as caught:
        client.close_position_fifo(SYMBOL, 100, "3", moment(5), "stop", order_id)
    error = caught.value
    assert (error.need, error.have, error.symbol) == (Decimal(3), Decimal(have), SYMBOL)
    assert error.rule
    assert all(part in str(error) for part in (SYMBOL, "3", have, error.rule))
    assert all_rows(connection) == before


def test_an_order_that_closed_less_than_asked_is_refused(new_client: Callable[[], LedgerClient]) -> None:
    client = new_client()
    client.record_fill(**fill("e1", "Buy", "2"))
    client.write_fill(SYMBOL, "Sell", 110, "1", "o2", None, "tp", 0, moment(1))
    with pytest.raises(InsufficientPositionError) as caught:
        client.close_position_fifo(SYMBOL, 110, "2", moment(1), "tp", "o2")
    assert (caught.value.need, caught.value.have) == (Decimal(2), Decimal(1))
    assert client.get_position(SYMBOL).size == Decimal(1)


def test_executions_of_the_order_take_the_place_of_the_bot_s_fill(new_client: Callable[[], LedgerClient]) -> None:
    client = new_client()
    client.write_fill(SYMBOL, "Buy", 100, 3, "o1", None, None, "0.3", moment(0))
    client.write_fill(SYMBOL, "Sell", 120, 3, "o2", None, "tp", "0.3", moment(1))
    for part, price in enumerate((119, 120, 121)):
        client.record_fill(**fill(f"e{part}", "Sell", 1, price, at=1, seq=part + 1, order_id="o2", commission="0.1"))
    trades = client.close_position_fifo(SYMBOL, 120, 3, moment(1), "tp", "o2", "0.3")
    assert [t.exit_price for t in trades] == [Decimal(119), Decimal(120), Decimal(121)]
    assert client.get_completed_trades(SYMBOL) == trades
    assert client.get_position(SYMBOL).side == "None"
