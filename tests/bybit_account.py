"""An account on a local Bybit of its own, and its Exchange."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from reconcile.bybit import BybitExchange, BybitSettings, load_settings
from reconcile.bybit.times import from_ms, to_ms
from reconcile.paper.control import Control, Credentials
from reconcile.paper.server import PaperBybit, paper_bybit

START = datetime.fromisoformat("2025-06-01T00:00:00+00:00")
# Soon enough for a test, long enough for a busy machine: there a request may get no answer, and so may the next.
QUICK: dict[str, Any] = {"patience": 8, "first_wait": 0.05, "longest_wait": 0.2, "timeout": 2, "forbidden_pause": 60}


@dataclass
class BybitAccount:
    """The server, the account on it, and the exchange under test."""

    paper: PaperBybit
    credentials: Credentials
    exchange: BybitExchange

    @property
    def control(self) -> Control:
        """What the rehearsal may do to the server."""
        return self.paper.control

    @property
    def uid(self) -> int:
        """The account."""
        return self.credentials.uid

    def now(self) -> datetime:
        """The server's true time."""
        return from_ms(self.control.now())

    def trade(
        self, side: str, qty: str, symbol: str = "BTCUSDT", category: str = "linear", position_idx: int = 0
    ) -> str:
        """A market order, filled at once; its id."""
        return self.control.trade_by_hand(
            self.uid, symbol, side, Decimal(qty), category=category, position_idx=position_idx
        )

    def settings(self, **given: Any) -> BybitSettings:
        """Settings that lead here; arguments are changes to them."""
        return settings_of(self.paper, self.credentials, **given)


def settings_of(paper: PaperBybit, credentials: Credentials, **given: Any) -> BybitSettings:
    """Settings that lead to an account on a local Bybit."""
    known = {
        "api_key": credentials.api_key,
        "api_secret": credentials.api_secret,
        "environment": "paper",
        "endpoint": paper.url,
        "stream_url": paper.ws_url,
    }
    return load_settings(prefix="NOTHING_IS_NAMED_SO_", **(known | QUICK | given))


@asynccontextmanager
async def bybit_account(server: dict[str, Any] | None = None, **given: Any) -> AsyncIterator[BybitAccount]:
    """A fresh server at START, whose time stands still, with one account on it."""
    async with paper_bybit(**({"start": to_ms(START)} | (server or {}))) as paper:
        credentials = paper.control.create_account()
        exchange = BybitExchange(settings_of(paper, credentials, **given))
        try:
            yield BybitAccount(paper, credentials, exchange)
        finally:
            await exchange.close()
