"""The private WebSocket: auth, subscriptions, pings, and messages that may go astray."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from reconcile.paper.auth import authenticate_stream
from reconcile.paper.refusal import Refusal
from reconcile.paper.venue import Venue

PATH = "/v5/private"
# pybit remembers a subscription only after it has sent it, so an answer must not be quicker than a network's.
_LATENCY = 0.05
_TOPICS = frozenset({"execution", "execution.fast", "order", "position", "wallet", "greeks"})
_CATEGORIES = frozenset({"linear", "inverse", "spot", "option"})
_FAST = ("category", "symbol", "orderId", "isMaker", "orderLinkId", "side", "execId", "execPrice", "execQty", "execTime", "seq")  # fmt: skip  # noqa: E501

Message = dict[str, Any]


class Connection:
    """One client. Messages may be published from any thread; they are sent in order by the client's own task."""

    def __init__(self, venue: Venue, loop: asyncio.AbstractEventLoop, conn_id: str) -> None:
        self.venue = venue
        self.conn_id = conn_id
        self.uid: int | None = None
        self.topics: set[str] = set()
        self.outgoing: asyncio.Queue[Message | None] = asyncio.Queue()
        self._loop = loop
        self._held: list[Message] = []

    def listen(self, uid: int, topic: str, rows: list[Message]) -> None:
        """Takes what the venue publishes, if this client asked for it."""
        if uid != self.uid:
            return
        for name, chosen in _shaped(topic, rows).items():
            if name in self.topics and chosen:
                self._pass(name, chosen)

    def _pass(self, topic: str, rows: list[Message]) -> None:
        message = {
            "id": self.venue.new_id(),
            "topic": topic,
            "creationTime": self.venue.clock.shown(),
            "data": rows,
        }
        fault = self.venue.faults.take_stream(topic)
        if fault is None:
            sent: list[Message | None] = [message, *self._held]
            self._held = []
        elif fault.kind == "reorder":
            self._held.append(message)
            sent = []
        else:
            kinds: dict[str, list[Message | None]] = {"drop": [], "repeat": [message, message], "disconnect": [None]}
            sent = kinds[fault.kind]
        for one in sent:
            self._loop.call_soon_threadsafe(self.outgoing.put_nowait, one)

    def hang_up(self) -> None:
        """Closes the connection after what is already on its way."""
        self._loop.call_soon_threadsafe(self.outgoing.put_nowait, None)

    def reply(self, request: Message) -> Message:
        """The answer to a client's request."""
        operation = request.get("op")
        answer: Message = {"success": True, "ret_msg": "", "op": operation, "conn_id": self.conn_id}
        if "req_id" in request:
            answer["req_id"] = request["req_id"]
        args: list[object] = list(request.get("args") or [])
        if operation == "ping":
            del answer["success"], answer["ret_msg"]
            return {**answer, "op": "pong", "args": [str(self.venue.clock.shown())]}
        try:
            self._act(operation, args)
        except Refusal as refusal:
            answer |= {"success": False, "ret_msg": refusal.message}
        return answer

    def _act(self, operation: object, args: list[object]) -> None:
        if operation == "auth":
            self.uid = authenticate_stream(self.venue, args).uid
        elif operation not in {"subscribe", "unsubscribe"}:
            raise Refusal(10001, f"unknown op {operation}")
        elif self.uid is None:
            raise Refusal(10007, "Request not authorized")
        else:
            topics = {str(arg) for arg in args}
            unknown = [topic for topic in topics if not _known(topic)]
            if unknown:
                raise Refusal(10001, f"error:handler not found,topic:{unknown[0]}")
            self.topics = self.topics | topics if operation == "subscribe" else self.topics - topics


def _known(topic: str) -> bool:
    name, _, category = topic.rpartition(".")
    return topic in _TOPICS or (name in _TOPICS and category in _CATEGORIES)


def _shaped(topic: str, rows: list[Message]) -> dict[str, list[Message]]:
    """The same rows for the topic, for the topic of one category, and for execution.fast: no fee, only trades."""
    shaped = {topic: rows}
    for row in rows:
        if "category" in row:
            shaped.setdefault(f"{topic}.{row['category']}", []).append(row)
    if topic == "execution":
        fast = [{name: row[name] for name in _FAST} for row in rows if row["execType"] == "Trade"]
        shaped["execution.fast"] = fast
        for row in fast:
            shaped.setdefault(f"execution.fast.{row['category']}", []).append(row)
    return shaped


class PrivateStream:
    """Accepts WebSocket clients for a venue."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.sockets: set[web.WebSocketResponse] = set()

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Serves one client until it or the server closes."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        with self.venue.lock:
            connection = Connection(self.venue, asyncio.get_running_loop(), self.venue.new_id())
            self.venue.listeners.append(connection.listen)
            self.venue.connections.append(connection.hang_up)
        self.sockets.add(socket)
        sender = asyncio.create_task(_send(socket, connection))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(connection, message.data)
        finally:
            self.sockets.discard(socket)
            with self.venue.lock:
                self.venue.listeners.remove(connection.listen)
                self.venue.connections.remove(connection.hang_up)
            sender.cancel()
        return socket

    async def _receive(self, connection: Connection, text: str) -> None:
        try:
            request = json.loads(text)
        except ValueError:
            request = None
        if isinstance(request, dict) and request.get("op") == "subscribe":
            await asyncio.sleep(_LATENCY)
        with self.venue.lock:
            if isinstance(request, dict):
                answer = connection.reply(request)
            else:
                answer = {"success": False, "ret_msg": "Params Error", "op": "", "conn_id": connection.conn_id}
        # Through the queue, so that nothing published after a subscription is sent before its confirmation.
        await connection.outgoing.put(answer)
        if answer.get("op") == "auth" and not answer["success"]:
            await connection.outgoing.put(None)

    async def close_all(self) -> None:
        """Closes every connection, as an exchange does for maintenance."""
        await asyncio.gather(*(socket.close() for socket in list(self.sockets)))


async def _send(socket: web.WebSocketResponse, connection: Connection) -> None:
    while True:
        message = await connection.outgoing.get()
        if message is None:
            await socket.close()
            return
        await socket.send_json(message)
