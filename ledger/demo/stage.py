"""Servers, accounts and bots of one run of the demo."""

import os
import secrets
import sys
from contextlib import closing
from dataclasses import dataclass, field

import redis
from psycopg.conninfo import conninfo_to_dict

from ledger import embedded
from ledger.cache import position_key
from ledger.client import LedgerClient
from ledger.database import Database, Query
from ledger.database.url import to_conninfo
from ledger.demo.report import Report
from ledger.errors import SchemaError
from ledger.migrate import current_revision, is_current, upgrade
from ledger.opening import with_embedded_servers
from ledger.settings import Settings, load_settings


@dataclass
class Stage:
    """Where the demo plays. Each run has accounts and bots of its own, so it can be repeated on the same servers."""

    report: Report
    settings: Settings
    is_embedded: bool
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    # Those that clients were made for, in their order.
    accounts: dict[str, None] = field(default_factory=dict)
    # What other packages' chapters add: books that they write, and commands worth a look afterwards.
    more_books: int = 0
    more_commands: list[str] = field(default_factory=list)

    @property
    def account(self) -> str:
        """Name of the run's own account."""
        return f"demo_{self.run}"

    @property
    def database_url(self) -> str:
        """Where PostgreSQL is; may hold a password."""
        return self.settings.database_url.get_secret_value() if self.settings.database_url else ""

    @property
    def redis_url(self) -> str | None:
        """Where Redis is, if there is one; may hold a password."""
        return self.settings.redis_url.get_secret_value() if self.settings.redis_url else None

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the demo needs to find the same servers and the same code."""
        urls = {"LEDGER_DATABASE_URL": self.database_url, "LEDGER_REDIS_URL": self.redis_url or ""}
        return {**os.environ, **urls, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}

    @property
    def place(self) -> str:
        """Where its data are, in words and without a password."""
        if self.is_embedded:
            found = embedded.status(self.settings.home)
            return " and ".join(dict.fromkeys((str(found.home), str(found.data_dir))))
        parts = conninfo_to_dict(to_conninfo(self.database_url))
        return f"database {parts.get('dbname', '')} at {parts.get('host') or 'the default host'}"

    def other_accounts(self) -> list[str]:
        """The accounts in this ledger that no demo made."""
        with closing(Database(self.settings)) as database:
            rows = database.query(Query("report_bots", {"bot": None, "account": None}))
        return [name for name in dict.fromkeys(row["account"] for row in rows) if not name.startswith("demo_")]

    def bot_id(self, name: str) -> str:
        """The run's own bot of this name."""
        return f"demo_{self.run}_{name}"

    def client(self, bot: str, account: str | None = None) -> LedgerClient:
        """A client of the run's bot of this name, on the run's account unless another is named."""
        name = account or self.account
        self.accounts[name] = None
        return LedgerClient(
            self.bot_id(bot),
            account=full_account(name),
            database_url=self.database_url,
            redis_url=self.redis_url,
        )

    def cached(self, name: str, symbol: str) -> dict[str, str]:
        """What Redis holds of a position, as it lies there, trusted or not."""
        if self.redis_url is None:
            return {}
        options = {} if self.settings.redis_db is None else {"db": self.settings.redis_db}
        with redis.Redis.from_url(self.redis_url, decode_responses=True, **options) as server:
            found = server.hgetall(position_key(self.bot_id(name), "linear", symbol, 0))
            return dict(found)


def full_account(name: str) -> str:
    """The account as a client takes it: nobody shall mistake it for one with money on it."""
    return f"bybit:{name}:paper"


def open_stage(report: Report) -> Stage:
    """The servers of LEDGER_DATABASE_URL and LEDGER_REDIS_URL, else embedded ones, started if need be.

    Raises:
        SchemaError: the given database has the ledger's tables of another version; it is left as it is.
        EmbeddedUnavailableError: no server is given, and the embedded ones are not installed.
    """
    settings = load_settings()
    if settings.database_url is None:
        with report.console.status("Starting PostgreSQL and Valkey"):
            return Stage(report, with_embedded_servers(settings), is_embedded=True)
    url = settings.database_url.get_secret_value()
    if current_revision(url) is None:
        upgrade(url)
    elif not is_current(url):
        raise SchemaError("the database has another version of the ledger: run `fifoledger migrate` on it first")
    return Stage(report, settings, is_embedded=False)
