"""Where the outage plays: a local Bybit, an account on it, and a bot that is a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger.client import LedgerClient
from ledger.demo.stage import Stage, full_account
from reconcile.bybit import BybitExchange, load_settings
from reconcile.demo.bot import ENDPOINT, KEY, SECRET, STUCK
from reconcile.paper import Control, Credentials, PaperBybit, paper_bybit

BOT = "outage"
COIN = "USDT"
DEPOSIT = Decimal(25_000)


def moment(day: int, hour: int, minute: int = 0) -> int:
    """A time of the story as the exchange counts it, in ms."""
    return round(datetime(2026, 1, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True)
class Scene:
    """One run's account, on an exchange of its own: whatever else runs, it meets nobody."""

    stage: Stage
    paper: PaperBybit
    credentials: Credentials
    session: HTTP

    @property
    def control(self) -> Control:
        """Time, prices and what others do."""
        return self.paper.control

    @property
    def account(self) -> str:
        """The account's name in the ledger."""
        return f"{self.stage.account}_{BOT}"

    def client(self) -> LedgerClient:
        """The bot's client."""
        return self.stage.client(BOT, self.account)

    def exchange(self) -> BybitExchange:
        """The account as the reconciler reads it, through pybit."""
        return BybitExchange(
            load_settings(
                api_key=self.credentials.api_key,
                api_secret=self.credentials.api_secret,
                environment="paper",
                endpoint=self.paper.url,
                stream_url=self.paper.ws_url,
                categories=("linear",),
            )
        )

    def position(self, symbol: str) -> Decimal:
        """What the exchange says is open, negative for a short."""
        row = self.session.get_positions(category="linear", symbol=symbol)["result"]["list"][0]
        return Decimal(row["size"]) * (-1 if row["side"] == "Sell" else 1)

    def balance(self) -> Decimal:
        """What the exchange says is in the wallet."""
        row = self.session.get_wallet_balance(accountType="UNIFIED", coin=COIN)["result"]["list"][0]["coin"][0]
        return Decimal(row["walletBalance"])


@contextmanager
def open_scene(stage: Stage) -> Iterator[Scene]:
    """A local Bybit on a free port, at the time of the story."""
    number = time.time_ns() // 1000  # no other run's, for a ledger refuses two accounts of one number
    with paper_bybit(seed=1, start=moment(6, 9), running=True) as paper:
        credentials = paper.control.create_account(number, {COIN: DEPOSIT})
        session = HTTP(api_key=credentials.api_key, api_secret=credentials.api_secret)
        session.endpoint = paper.url
        try:
            yield Scene(stage, paper, credentials, session)
        finally:
            session.client.close()


class BotProcess:
    """The bot, trading on signals until it is killed."""

    def __init__(self, scene: Scene) -> None:
        bot_id = scene.stage.bot_id(BOT)
        of_exchange = {
            KEY: scene.credentials.api_key,
            SECRET: scene.credentials.api_secret,
            ENDPOINT: scene.paper.url,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reconcile.demo.bot", bot_id, full_account(scene.account)],
            env={**scene.stage.environment, **of_exchange},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def trade(self, **order: Any) -> str:
        """Gives it a signal, and answers what it said last: "booked", unless it failed."""
        self._signal(order)
        return self._hear() and self._hear()

    def die_trading(self, **order: Any) -> int:
        """Gives it a signal and kills it when the exchange has filled the order; answers how it ended."""
        self._signal({**order, STUCK: True})
        if self._hear() == "sent":
            self._process.kill()
        return self._process.wait()

    def _signal(self, order: dict[str, Any]) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()

    def _hear(self) -> str:
        return self._process.stdout.readline().strip() if self._process.stdout is not None else ""

    def __enter__(self) -> "BotProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.__exit__(None, None, None)
