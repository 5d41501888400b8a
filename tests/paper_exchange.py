import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from pybit.exceptions import InvalidRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP, WebSocket  # type: ignore[import-untyped]

from reconcile.paper import Credentials, PaperBybit

PAYLOADS = Path(__file__).resolve().parent / "data" / "bybit"
# In October 2025: after all fields that Bybit added over the years.
START = 1_760_000_000_000
SECOND, HOUR = 1000, 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY

Row = dict[str, Any]


def connect(exchange: PaperBybit, who: Credentials, **options: Any) -> HTTP:
    """Unmodified pybit, with every refusal raised at once unless the options say otherwise."""
    session = HTTP(**{"api_key": who.api_key, "api_secret": who.api_secret, "retry_codes": {-1}, **options})
    session.endpoint = exchange.url
    return session


@contextmanager
def refused(code: int) -> Iterator[None]:
    """The request inside is refused with this retCode."""
    with pytest.raises(InvalidRequestError) as caught:
        yield
    assert caught.value.status_code == code


def rows(answer: Row) -> list[Row]:
    assert answer["retCode"] == 0
    listed: list[Row] = answer["result"]["list"]
    return listed


def walk(read: Callable[..., Row], **query: Any) -> list[list[Row]]:
    """All pages of a query, read as the facts say: until the cursor or the page is empty."""
    pages: list[list[Row]] = []
    cursor = ""
    while True:
        answer = read(**query, **({"cursor": cursor} if cursor else {}))
        if not rows(answer):
            return pages
        pages.append(rows(answer))
        following = answer["result"]["nextPageCursor"]
        if not following:
            return pages
        assert following != cursor
        cursor = following


def market(session: HTTP, side: str, qty: str, symbol: str = "BTCUSDT", **more: Any) -> str:
    """Places a market order and says its id."""
    order = {"category": "linear", "symbol": symbol, "side": side, "orderType": "Market", "qty": qty, **more}
    order_id: str = session.place_order(**order)["result"]["orderId"]
    return order_id


def limit(session: HTTP, side: str, qty: str, price: str, **more: Any) -> str:
    """Places a limit order for BTCUSDT and says its id."""
    return market(session, side, qty, **{"orderType": "Limit", "price": price, **more})


def payload(path: str) -> Any:
    """A real answer; some files carry lines about the request before the JSON."""
    text = (PAYLOADS / path).read_text(encoding="utf-8")
    return json.loads(text[min(at for at in (text.find("{"), text.find("[")) if at >= 0) :])


class Listener:
    """pybit's private stream on a local exchange, and all that it received."""

    def __init__(self, exchange: PaperBybit, who: Credentials, *topics: str) -> None:
        address = exchange.ws_url
        opened: list[socket.socket] = []

        class LocalWebSocket(WebSocket):  # type: ignore[misc]
            def _connect(self, url: str) -> None:
                super()._connect(address)
                opened.append(self.ws.sock.sock)

        self.messages: list[Row] = []
        self._opened = opened
        # Without pings, the timeout is how long the client may take to notice that it was stopped.
        self.socket = LocalWebSocket(
            testnet=False,
            channel_type="private",
            api_key=who.api_key,
            api_secret=who.api_secret,
            ping_interval=0,
            ping_timeout=0.1,
        )
        for topic in topics:
            getattr(self.socket, f"{topic}_stream")(self.messages.append)
        # The listeners of the venue know the topics once the server has read the subscriptions.
        wait_until(lambda: len(self._subscribed(exchange)) >= len(topics))

    @staticmethod
    def _subscribed(exchange: PaperBybit) -> set[str]:
        topics: set[str] = set()
        for listener in exchange.venue.listeners:
            topics |= getattr(listener, "__self__").topics  # noqa: B009  # a bound method's object
        return topics

    def data(self, topic: str) -> list[Row]:
        """All rows of a topic, in the order of arrival."""
        return [row for message in list(self.messages) if message["topic"] == topic for row in message["data"]]

    def wait(self, topic: str, count: int) -> list[Row]:
        """The rows of a topic once there are so many."""
        wait_until(lambda: len(self.data(topic)) >= count)
        return self.data(topic)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # pybit cannot be stopped while it is coming back from a disconnect.
        wait_until(lambda: not self.socket.attempting_connection and self.socket.is_connected())
        self.socket.handle_error = False
        self.socket.exit()
        self.socket.wst.join(5)
        for one in self._opened:
            one.close()


def wait_until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits until something is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
