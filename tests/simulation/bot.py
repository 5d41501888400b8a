"""One bot as a process: it does what it is told through a pipe, and may be killed at any moment of it.

It trades through pybit and writes to its ledger in its own style. What the exchange or the database refuse for a while
is the weather; any other exception is told as a fault of ours.
"""

import asyncio
import logging
import os
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

from pybit.exceptions import FailedRequestError, InvalidRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]
from requests.exceptions import RequestException

from ledger import LedgerClient
from ledger.errors import DatabaseUnavailableError, InsufficientPositionError
from reconcile import ReconciliationReport, reconcile_positions_on_startup
from reconcile.bybit import BybitExchange, BybitSettings, load_settings

Row = Mapping[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEATHER = (InvalidRequestError, FailedRequestError, RequestException, DatabaseUnavailableError)


@dataclass(frozen=True)
class BotOptions:
    """Everything a bot needs to know."""

    bot_id: str
    style: str
    account: str
    categories: tuple[str, ...]
    hedged: frozenset[str]
    database_url: str
    redis_url: str
    api_key: str
    api_secret: str
    url: str
    ws_url: str
    since: datetime
    adjusts: bool


def settings_of(options: BotOptions, patience: float) -> BybitSettings:
    """How the bot's account is read, with problems of the exchange borne with for so many seconds."""
    return load_settings(
        prefix="NOTHING_IS_NAMED_SO_",
        api_key=options.api_key,
        api_secret=options.api_secret,
        environment="paper",
        endpoint=options.url,
        stream_url=options.ws_url,
        categories=options.categories,
        patience=patience,
        first_wait=0.02,
        longest_wait=0.2,
        timeout=1.0,
        forbidden_pause=1.0,
    )


async def reconcile(options: BotOptions, ledger: LedgerClient, patience: float) -> ReconciliationReport:
    """One reconciliation of the bot's account. Exchange problems are borne with for so many seconds."""
    exchange = BybitExchange(settings_of(options, patience))
    try:
        return await reconcile_positions_on_startup(
            options.bot_id,
            ledger,
            exchange,
            on_unexplained="adjust" if options.adjusts else "report",
            since=options.since,
            settle=0.03,
        )
    finally:
        await exchange.close()


class Bot:
    """What a bot can be told to do; every method is a command."""

    def __init__(self, options: BotOptions) -> None:
        self._options = options
        # After "too fast" pybit sleeps until a moment that may have passed, which ends in a ValueError.
        self._session = HTTP(
            api_key=options.api_key,
            api_secret=options.api_secret,
            retry_codes={10002},
            retry_delay=0,
            max_retries=2,
            timeout=1,
        )
        self._session.endpoint = options.url
        self._ledger = LedgerClient(
            options.bot_id, account=options.account, database_url=options.database_url, redis_url=options.redis_url
        )

    def register(self) -> None:
        """Tells the ledger that the bot exists."""
        self._ledger.register()

    def reconcile(self) -> str:
        """What a bot calls before it trades."""
        return asyncio.run(reconcile(self._options, self._ledger, patience=0.3)).status

    def order(self, request: dict[str, Any], writes: bool, slowly: float) -> None:
        """Sends an order and, unless it forgets to, writes down what was filled at once."""
        placed = self._session.place_order(**request)["result"]["orderId"]
        if not writes or self._options.style == "silent":
            return
        rows = self._executions(request["category"], orderId=placed)
        time.sleep(slowly)
        if self._options.style == "orders":
            self._write_order(rows)
        else:
            self._write(request["category"], rows)

    def catch_up(self, newest_first: bool) -> None:
        """Writes down all of its own executions that the exchange lists, known ones included."""
        if self._options.style == "silent":
            return
        for category in self._options.categories:
            rows = self._executions(category)
            own = [row for row in rows if row["orderLinkId"].startswith(f"{self._options.bot_id}-")]
            self._write(category, own if newest_first else own[::-1])

    def observe(self, newest_first: bool) -> None:
        """Writes down what it sees of any bot of the account."""
        for category in self._options.categories:
            rows = [row for row in self._executions(category) if row["orderLinkId"]]
            self._write(category, rows if newest_first else rows[::-1])

    def cancel_all(self) -> None:
        """Takes its orders, and everybody else's, off the book."""
        for category in self._options.categories:
            self._session.cancel_all_orders(
                category=category, **({"settleCoin": "USDT"} if category == "linear" else {"baseCoin": "BTC"})
            )

    def _executions(self, category: str, **query: Any) -> list[Row]:
        rows: list[Row] = self._session.get_executions(category=category, limit=100, **query)["result"]["list"]
        once = {row["execId"]: row for row in rows}  # a page may have a row twice
        return [row for row in once.values() if row["execType"] == "Trade"]

    def _write(self, category: str, rows: Iterable[Row]) -> None:
        fills = [_fill(category, row) for row in rows if row["symbol"] not in self._options.hedged]
        fills += self._hedged_fills(category, rows)
        if self._options.style == "batch":
            for start in range(0, len(fills), 7):
                self._ledger.record_fills(fills[start : start + 7])
            return
        for fill in fills:
            try:
                self._ledger.record_fill(**fill)
            except InsufficientPositionError:
                if not fill["position_idx"]:
                    raise  # on a hedge leg the entry may have been forgotten

    def _hedged_fills(self, category: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Executions carry no leg: a bot knows it from its order, here by what the fill closed."""
        fills = []
        for row in rows:
            if row["symbol"] in self._options.hedged:
                closes = Decimal(row["closedSize"]) > 0
                fills.append(_fill(category, row) | {"position_idx": 1 if (row["side"] == "Buy") != closes else 2})
        return fills if self._options.style != "batch" else []

    def _write_order(self, rows: list[Row]) -> None:
        """The older way: one call for the whole order, and the average price."""
        if not rows:
            return
        qty = sum((Decimal(row["execQty"]) for row in rows), Decimal(0))
        value = sum((Decimal(row["execQty"]) * Decimal(row["execPrice"]) for row in rows), Decimal(0))
        self._ledger.write_fill(
            rows[0]["symbol"],
            rows[0]["side"],
            value / qty,
            qty,
            rows[0]["orderId"],
            rows[0]["orderLinkId"],
            None,
            sum((Decimal(row["execFee"]) for row in rows), Decimal(0)),
            max(_time(row) for row in rows),
        )

    def close(self) -> None:
        """Says goodbye to all servers."""
        self._ledger.close()
        self._session.client.close()


def _time(row: Row) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(row["execTime"]))


def _fill(category: str, row: Row) -> dict[str, Any]:
    fee = {"commission_asset": row["feeCurrency"]} if row.get("feeCurrency") else {}
    return {
        "symbol": row["symbol"],
        "side": row["side"],
        "exec_price": row["execPrice"],
        "exec_qty": row["execQty"],
        "exec_time": _time(row),
        "exec_id": row["execId"],
        "order_id": row["orderId"],
        "client_order_id": row["orderLinkId"] or None,
        "commission": row["execFee"],
        "category": category,
        "position_idx": 0,
        "seq": row["seq"],
        "is_maker": row["isMaker"],
        **fee,
    }


def live(options: BotOptions, orders: Connection) -> None:
    """The process: does one command after the other until the pipe ends."""
    logging.disable(logging.CRITICAL)
    os.environ.pop("LEDGER_ACCOUNT", None)
    bot = Bot(options)
    while True:
        try:
            name, given = orders.recv()
        except EOFError:
            bot.close()
            return
        orders.send(_obey(bot, name, given))


def _obey(bot: Bot, name: str, given: dict[str, Any]) -> tuple[str, str]:
    """How it ended: "done", "weather" or "fault", and what there is to say."""
    try:
        return "done", str(getattr(bot, name)(**given) or "")
    except _WEATHER as error:
        return "weather", type(error).__name__
    except Exception:
        return "fault", f"{name}({given}): {traceback.format_exc()}"
