"""A private stream that says nonsense over a real socket: what is well-formed still arrives, and nothing breaks."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from reconcile.bybit import BybitExchange
from reconcile.bybit.connection import TOPICS
from reconcile.exchange import Gap, StreamEvent
from reconcile.values import Execution, Order, Unreadable
from tests.bybit_account import QUICK, BybitAccount
from tests.bybit_payloads import trade

GOOD = json.dumps({"topic": "execution", "data": [trade(category="linear", execId="good")]})
READ = [  # messages of a topic that are kept with their reason
    '{"topic": "execution"}',
    '{"topic": "execution", "data": {"a": 1}}',
    '{"topic": "execution", "data": [{"category": "linear", "execPrice": NaN, "execQty": Infinity}]}',
    '{"topic": "order", "data": [null, 7, {"category": "linear", "symbol": "\\ud800"}]}',
    json.dumps({"topic": "execution", "data": [trade(category="nowhere")]}),
    '{"topic": "execution", "data": [{"category": "linear", "a": ' + "[" * 300 + "]" * 300 + "}]}",
]
NOT_READ: list[str | bytes] = [
    "not json",
    "",
    "7",
    "null",
    "[1, 2]",
    '"execution"',
    "{}",
    '{"topic": 7, "data": []}',
    '{"topic": ["execution"], "data": []}',
    '{"op": {"a": 1}}',
    "[" * 100_000,
    b"\x00\xff\xfe",
    GOOD[: len(GOOD) // 2],
]


@asynccontextmanager
async def nonsense(account: BybitAccount, messages: Sequence[str | bytes]) -> AsyncIterator[BybitExchange]:
    """A stream that says each of the messages once, over as many connections as it takes, and then a good one for ever.

    A client that is about to leave may not hear what it is told.
    """
    left = [*messages, GOOD]

    async def private(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        subscribed = 0
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            asked = json.loads(frame.data)
            await socket.send_json({"op": asked["op"], "success": True, "req_id": asked.get("req_id"), "conn_id": "x"})
            subscribed += asked["op"] == "subscribe"
            if subscribed >= len(TOPICS):
                await _say(socket, left)
                break
        return socket

    application = web.Application()
    application.router.add_get("/v5/private", private)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    exchange = BybitExchange(account.settings(**QUICK, stream_url=f"ws://127.0.0.1:{port}/v5/private"))
    try:
        yield exchange
    finally:
        await exchange.close()
        await runner.cleanup()


async def _say(socket: web.WebSocketResponse, left: list[str | bytes]) -> None:
    """One message after the other, the last again and again, until the client leaves."""
    while True:
        message = left.pop(0) if len(left) > 1 else left[0]
        await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_str(message))
        try:
            frame = await socket.receive(timeout=0.3)
        except TimeoutError:
            continue
        if frame.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
            return


async def until_good(exchange: BybitExchange) -> list[StreamEvent]:
    found: list[StreamEvent] = []
    async with aclosing(exchange.stream()) as events:
        async for event in events:
            found.append(event)
            if isinstance(event, Execution) and event.exec_id == "good":
                return found
    raise AssertionError("the stream ended")


async def test_what_is_no_row_is_kept_and_the_stream_goes_on(account: BybitAccount) -> None:
    async with nonsense(account, READ) as exchange:
        async with asyncio.timeout(30):
            found = await until_good(exchange)
    assert [type(event) for event in found] == [Gap, *[Unreadable] * 8, Execution]


@pytest.mark.parametrize("message", NOT_READ, ids=range(len(NOT_READ)))
async def test_what_is_no_message_is_passed_over_or_leaves_a_gap(account: BybitAccount, message: str | bytes) -> None:
    async with nonsense(account, [message, message]) as exchange:
        async with asyncio.timeout(30):
            found = await until_good(exchange)
    assert not [event for event in found if isinstance(event, Order | Unreadable)]
    assert isinstance(found[0], Gap)
