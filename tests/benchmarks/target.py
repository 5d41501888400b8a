"""Where a benchmark writes."""

from dataclasses import dataclass
from typing import Any

import psycopg

from ledger import LedgerClient
from ledger.database.url import to_conninfo

ACCOUNT = "benchmark"
BOT = "bot"
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Target:
    """A migrated database with one account and one bot, and an empty Redis database."""

    database_url: str
    redis_url: str
    account_id: int

    def connect(self) -> Connection:
        """A bare connection that commits every statement and prepares it at its first use."""
        return psycopg.connect(to_conninfo(self.database_url), autocommit=True, prepare_threshold=0)

    def client(self, *, cached: bool) -> LedgerClient:
        """The bot's client, with Redis or without."""
        redis_url = self.redis_url if cached else None
        return LedgerClient(BOT, account=ACCOUNT, database_url=self.database_url, redis_url=redis_url)
