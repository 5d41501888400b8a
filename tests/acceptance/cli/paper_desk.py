"""The command line beside a bot's account on a local Bybit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import psycopg

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from reconcile.bybit.times import to_ms
from reconcile.paper import Credentials, PaperBybit, paper_bybit
from tests.acceptance.cli.conftest import Answer, Shell
from tests.all_rows import all_rows
from tests.paper_exchange import HOUR, connect, market

BOT = "lxalgo_001"


@dataclass
class Desk:
    """The command line, a bot registered on `main`, and its account on a local Bybit."""

    cli: Shell
    paper: PaperBybit
    key: Credentials
    database_url: str

    def __call__(self, *arguments: str) -> Answer:
        return self.cli(*arguments)

    def order(self, side: str, qty: str, name: str, **more: Any) -> str:
        """An order of the bot's that it does not write down, filled at once; its id."""
        self.paper.control.advance(1000)
        session = connect(self.paper, self.key)
        try:
            return market(session, side, qty, orderLinkId=f"{BOT}-{name}-123456789", **more)
        finally:
            session.client.close()

    def rows(self) -> Any:
        """Every row of the ledger."""
        with psycopg.connect(to_conninfo(self.database_url)) as connection:
            return all_rows(connection)


AnyDesk = TypeVar("AnyDesk", bound=Desk)


@contextmanager
def open_desk(kind: type[AnyDesk], cli: Shell, database_url: str, start: datetime) -> Iterator[AnyDesk]:
    """Registers the bot and opens its account, an hour before the first that happens."""
    with LedgerClient(BOT, account="bybit:main:paper", database_url=database_url) as bot:
        bot.register()
    with paper_bybit(start=to_ms(start), rate_limits=False) as paper:
        key = paper.control.create_account()
        for name, value in {
            "API_KEY": key.api_key,
            "API_SECRET": key.api_secret,
            "ENVIRONMENT": "paper",
            "ENDPOINT": paper.url,
            "STREAM_URL": paper.ws_url,
            "CATEGORIES": "linear",
            "PATIENCE": "10",
            "FIRST_WAIT": "0.05",
        }.items():
            cli.set(f"BYBIT_{name}", value)
        paper.control.advance(HOUR)
        yield kind(cli, paper, key, database_url)
