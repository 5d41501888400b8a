import asyncio
import hashlib
import hmac
import json
import time

import aiohttp
import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import Credentials, PaperBybit, StreamFault
from tests.integration.paper.conftest import Connect
from tests.paper_exchange import Listener, Row, limit, market, rows, wait_until


def auth(who: Credentials, expires: int, secret: str | None = None) -> Row:
    text = f"GET/realtime{expires}"
    sign = hmac.new((secret or who.api_secret).encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"op": "auth", "args": [who.api_key, expires, sign]}


def soon() -> int:
    return int(time.time() * 1000) + 1000


async def talk(exchange: PaperBybit, *messages: Row | str) -> list[Row]:
    """Sends messages and collects one answer to each, as long as the connection lives."""
    answers: list[Row] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(exchange.ws_url) as socket:
        for message in messages:
            try:
                await socket.send_str(message if isinstance(message, str) else json.dumps(message))
            except aiohttp.ClientConnectionResetError:
                break
            answer = await asyncio.wait_for(socket.receive(), 5)
            if answer.type is not aiohttp.WSMsgType.TEXT:
                break
            answers.append(json.loads(answer.data))
    return answers


def test_pybit_receives_executions_orders_positions_and_the_wallet(
    exchange: PaperBybit, user: Credentials, session: HTTP
) -> None:
    with Listener(exchange, user, "execution", "order", "position", "wallet") as listener:
        order_id = market(session, "Buy", "0.1", orderLinkId="mine")
        (execution,) = listener.wait("execution", 1)
        assert (execution["orderId"], execution["orderLinkId"], execution["category"]) == (order_id, "mine", "linear")
        assert execution["execId"] == rows(session.get_executions(category="linear"))[0]["execId"]
        assert listener.wait("order", 1)[-1]["orderStatus"] == "Filled"
        assert listener.wait("position", 1)[0]["size"] == "0.1"
        coins = {coin["coin"]: coin["walletBalance"] for coin in listener.wait("wallet", 1)[0]["coin"]}
        assert coins["USDT"] == "999996.7"


def test_others_hear_nothing(exchange: PaperBybit, user: Credentials, session: HTTP, connected: Connect) -> None:
    other = exchange.control.create_account(2002)
    with Listener(exchange, other, "order") as listener:
        market(session, "Buy", "0.1")
        limit(connected(other), "Buy", "0.1", "50000", orderLinkId="own")
        assert [row["orderLinkId"] for row in listener.wait("order", 1)] == ["own"]


@pytest.mark.parametrize(
    ("kind", "expected"), [("drop", ["2", "3"]), ("repeat", ["1", "1", "2", "3"]), ("reorder", ["2", "1", "3"])]
)
def test_messages_go_astray(
    exchange: PaperBybit, user: Credentials, session: HTTP, kind: str, expected: list[str]
) -> None:
    with Listener(exchange, user, "execution") as listener:
        exchange.control.break_stream(StreamFault(kind, topic="execution"))  # type: ignore[arg-type]
        for number in "123":
            market(session, "Buy", "0.1", orderLinkId=number)
        assert [row["orderLinkId"] for row in listener.wait("execution", len(expected))] == expected


def test_pybit_comes_back_after_a_disconnect_and_missed_what_happened_meanwhile(
    exchange: PaperBybit, user: Credentials, session: HTTP
) -> None:
    with Listener(exchange, user, "execution") as listener:
        first = exchange.venue.listeners[0]
        exchange.control.break_stream(StreamFault("disconnect", topic="execution"))
        market(session, "Buy", "0.1", orderLinkId="lost")
        wait_until(lambda: bool(exchange.venue.listeners) and exchange.venue.listeners[0] is not first)
        wait_until(lambda: "execution" in Listener._subscribed(exchange))
        market(session, "Buy", "0.1", orderLinkId="heard")
        assert [row["orderLinkId"] for row in listener.wait("execution", 1)] == ["heard"]
    assert len(rows(session.get_executions(category="linear"))) == 2


def test_all_streams_can_be_closed(exchange: PaperBybit, user: Credentials) -> None:
    with Listener(exchange, user, "order"):
        first = exchange.venue.listeners[0]
        exchange.control.disconnect_streams()
        wait_until(lambda: bool(exchange.venue.listeners) and exchange.venue.listeners[0] is not first)


async def test_wrong_signatures_and_old_ones_are_refused_and_disconnected(
    exchange: PaperBybit, user: Credentials
) -> None:
    exchange.control.set_time(int(time.time() * 1000))
    ping = {"op": "ping"}
    for message in (
        auth(user, soon(), secret="wrong"),
        auth(user, soon() - 60_000),
        auth(Credentials(1, "nobody", "x"), soon()),
        {"op": "auth", "args": []},
    ):
        (answer,) = await talk(exchange, message, ping)
        assert (answer["op"], answer["success"]) == ("auth", False)


async def test_topics_need_authentication_and_must_exist(exchange: PaperBybit, user: Credentials) -> None:
    subscription = {"op": "subscribe", "req_id": "7", "args": ["order"]}
    (answer,) = await talk(exchange, subscription)
    assert (answer["success"], answer["req_id"]) == (False, "7")
    answers = await talk(
        exchange, auth(user, soon()), subscription, {"op": "subscribe", "args": ["nonsense"]}, {"op": "dance"}, "["
    )
    assert [answer["success"] for answer in answers] == [True, True, False, False, False]


async def test_pings_are_answered(exchange: PaperBybit) -> None:
    (answer,) = await talk(exchange, {"op": "ping", "req_id": "p"})
    assert (answer["op"], answer["req_id"], answer["args"]) == ("pong", "p", [str(exchange.control.now())])


async def test_the_fast_stream_has_only_trades_and_no_fee(
    exchange: PaperBybit, user: Credentials, session: HTTP
) -> None:
    topics = ["execution.fast", "execution.linear"]
    async with aiohttp.ClientSession() as client, client.ws_connect(exchange.ws_url) as socket:
        await socket.send_json(auth(user, soon()))
        await socket.send_json({"op": "subscribe", "args": topics})
        for _ in range(2):
            assert (await socket.receive_json(timeout=5))["success"]
        await asyncio.to_thread(market, session, "Buy", "0.1")
        exchange.control.liquidate(1001, "BTCUSDT")
        received = [await socket.receive_json(timeout=5) for _ in range(3)]
    kinds = [(message["topic"], message["data"][0].get("execType")) for message in received]
    assert sorted(kinds, key=str) == [
        ("execution.fast", None),
        ("execution.linear", "BustTrade"),
        ("execution.linear", "Trade"),
    ]
    assert all("execFee" not in message["data"][0] for message in received if message["topic"] == "execution.fast")
