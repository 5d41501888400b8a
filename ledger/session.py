"""What an operation knows of its client, and how operations speak of work without doing it.

An operation is a generator: it yields steps and gets their answers, so that the blocking and the awaiting client
run the very same code.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger.cache.steps import CacheStep
from ledger.database.steps import Batch, Query

T = TypeVar("T")
Step = Query | Batch | CacheStep
Operation = Generator[Step, Any, T]


@dataclass
class Session:
    """One bot on one account. `account_id` is learnt at the first use."""

    bot_id: str
    category: str
    account: str | None
    venue: str
    environment: str
    caches: bool
    account_id: int | None = None

    @property
    def is_cached(self) -> bool:
        """Whether positions are kept in Redis. The bot `external` exists once per account and is not."""
        return self.caches and self.bot_id != EXTERNAL


DEFAULT_ACCOUNT = "default"
EXTERNAL = "external"  # the bot that owns what nobody claims, one on each account


def registered(session: Session) -> Operation[int]:
    """The account's id; registers account and bot at the first use."""
    if session.account_id is None:
        rows = yield Query(
            "register_bot",
            {
                "bot_id": session.bot_id,
                "account": session.account,
                "venue": session.venue,
                "environment": session.environment,
                "default_account": DEFAULT_ACCOUNT,
            },
        )
        session.account_id = int(rows[0]["account_id"])
    return session.account_id
