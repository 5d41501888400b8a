"""A Bybit with the endpoints that a reconciliation cannot do without, and no others; it says no rate limits."""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger import create_client_order_id

Row = dict[str, Any]
DAY = 86_400_000
READS = (
    "/v5/execution/list",
    "/v5/order/history",
    "/v5/order/realtime",
    "/v5/position/list",
    "/v5/position/closed-pnl",
)
KEY = "/v5/user/query-api"
WALLET = "/v5/account/wallet-balance"
OF_THE_KEY = {"userID": 4711, "readOnly": 1, "permissions": {}}
_INSTRUMENTS = {
    "linear": {"symbol": "BTCUSDT", "contractType": "LinearPerpetual"},
    "inverse": {"symbol": "BTCUSD", "contractType": "InversePerpetual"},
    "spot": {"symbol": "BTCUSDT"},
}


def now_ms() -> int:
    """The clock of the venue."""
    return time.time_ns() // 1_000_000


@dataclass
class FactsVenue:
    """What is there, and what was asked for and when.

    refusal: HTTP status and retCode of the answer to what is not there.
    """

    url: str = ""
    refusal: tuple[int, int] = (404, 10001)
    executions: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    positions: list[Row] = field(default_factory=list)
    results: dict[str, Row] = field(default_factory=dict)  # of endpoints that may be there
    asked: list[tuple[float, str, Mapping[str, str]]] = field(default_factory=list)

    def trade(self, bot: str, at: int, side: str = "Buy", *, category: str = "linear", order_at: int = 0) -> None:
        """Executed at `at` by a new order of the bot, of which only the order tells whose it is."""
        number = len(self.executions)
        row = {"category": category, "symbol": "BTCUSDT", "side": side, "orderId": f"order-{number}"}
        self.executions.append(
            {
                **row,
                **{"execId": f"exec-{number}", "execType": "Trade", "execPrice": "60000", "execQty": "0.1"},
                **{"execFee": "0.01", "execTime": str(at), "feeCurrency": "USDT", "closedSize": "0", "orderLinkId": ""},
                **{"leavesQty": "0", "seq": number + 1, "isMaker": False, "createType": "CreateByUser"},
            }
        )
        self.orders.append(
            {
                **row,
                **{"orderLinkId": create_client_order_id(bot, "entry"), "orderStatus": "Filled", "qty": "0.1"},
                **{"cumExecQty": "0.1", "positionIdx": 0, "reduceOnly": False, "updatedTime": str(at)},
                "createdTime": str(order_at or at),
            }
        )

    def hold(self, side: str, size: str) -> None:
        """The position that is open."""
        row = {"symbol": "BTCUSDT", "positionIdx": 0, "side": side, "size": size, "avgPrice": "60000"}
        self.positions = [row | {"updatedTime": str(now_ms())}]

    def session(self) -> HTTP:
        """pybit as a bot has it."""
        made = HTTP(api_key=f"key-{self.url}", api_secret="secret", retry_delay=0)
        made.endpoint = self.url
        return made

    def most_within(self, seconds: float, paths: Iterable[str] | None = None) -> int:
        """The most requests that arrived within such a span."""
        chosen = None if paths is None else set(paths)
        most, within = 0, deque[float]()
        for at in sorted(at for at, path, _ in self.asked if chosen is None or path in chosen):
            within.append(at)
            while within[0] <= at - seconds:
                within.popleft()
            most = max(most, len(within))
        return most

    def counts(self) -> Counter[str]:
        """How often each path was asked."""
        return Counter(path for _, path, _ in self.asked)

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[int, Row]:
        """HTTP status and body."""
        self.asked.append((time.monotonic(), path, query))
        known: dict[str, Callable[[], Row]] = {
            "/v5/execution/list": lambda: _listed(_within(self.executions, query, "execTime")),
            "/v5/order/history": lambda: _listed(_within(self.orders, query, "createdTime")),
            "/v5/order/realtime": lambda: _listed([]),
            "/v5/position/closed-pnl": lambda: _listed([]),
            "/v5/position/list": lambda: _listed(self.positions if query.get("category") == "linear" else []),
            "/v5/market/instruments-info": lambda: _listed([_instrument(query["category"])]),
            "/v5/market/time": dict,
        } | {one: lambda: self.results[path] for one in self.results}
        if path in known:
            return 200, {"retCode": 0, "retMsg": "OK", "result": known[path](), "time": now_ms()}
        status, code = self.refusal
        return status, {"retCode": code, "retMsg": "no such path", "result": {}, "time": now_ms()}


def _listed(rows: list[Row]) -> Row:
    return {"list": rows, "nextPageCursor": ""}


def _within(rows: list[Row], query: Mapping[str, str], time_field: str) -> list[Row]:
    first, last = int(query.get("startTime", 0)), int(query.get("endTime", 10**13))
    assert last - first <= 7 * DAY
    return [r for r in rows if r["category"] == query["category"] and first <= int(r[time_field]) <= last]


def _instrument(category: str) -> Row:
    settle = "BTC" if category == "inverse" else "USDT"
    coins = {"baseCoin": "BTC", "quoteCoin": "USD" if category == "inverse" else "USDT", "settleCoin": settle}
    steps = {"lotSizeFilter": {"qtyStep": "0.001"}, "priceFilter": {"tickSize": "0.1"}}
    return _INSTRUMENTS[category] | coins | steps | {"status": "Trading"}


@contextmanager
def facts_venue(**given: Any) -> Iterator[FactsVenue]:
    """A server of its own."""
    venue = FactsVenue(**given)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer is one packet
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            status, body = venue.answer(address.path, dict(parse_qsl(address.query)))
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    venue.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield venue
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
