"""Which account is meant, and the bot to act as."""

from dataclasses import dataclass

from ledger import LedgerClient
from ledger.cli.opening import database, url_of
from ledger.database import Query
from ledger.errors import ConfigurationError, InvalidInputError
from ledger.opening import read_account
from ledger.session import EXTERNAL
from ledger.settings import Settings
from reconcile.bybit import BybitSettings


@dataclass(frozen=True)
class Chosen:
    """A registered account; `bot_id` is `external` unless a bot was named."""

    account_id: int
    account: str
    venue: str
    environment: str
    bot_id: str


def choose(settings: Settings, account: str | None, bot: str | None) -> Chosen:
    """The account that was named, or is set, or has the bot, or is the only one.

    Raises InvalidInputError where that is no registered account, or several: a slip of the pen must not make one.
    """
    _, of_settings, _ = read_account(settings.account)
    name = account or of_settings
    with database(settings) as opened:
        rows = opened.query(Query("report_accounts", {"account": name, "bot": bot}))
        known = [row["account"] for row in opened.query(Query("report_accounts", {"account": None, "bot": None}))]
    if not known:
        raise InvalidInputError(
            "account", name, "registered: a bot registers its account when its client is used first"
        )
    if not rows and bot is not None:
        place = f" on account {name}" if name else ""
        raise InvalidInputError("bot", bot, f"a bot that is registered{place}; fifoledger bots lists them")
    if not rows:
        raise InvalidInputError("account", name, f"one of {', '.join(known)}")
    if len(rows) > 1:
        raise InvalidInputError("account", None, f"given: there are {', '.join(row['account'] for row in rows)}")
    return Chosen(**rows[0], bot_id=bot or EXTERNAL)


def require_same_place(chosen: Chosen, settings: BybitSettings) -> None:
    """The books of one account are not compared with the positions of another. Raises ConfigurationError."""
    if (chosen.venue, chosen.environment) != ("bybit", settings.environment):
        raise ConfigurationError(
            f"account {chosen.account} is registered as {chosen.venue} {chosen.environment}, "
            f"but BYBIT_ENVIRONMENT is {settings.environment}"
        )


def client_of(settings: Settings, account: str, bot_id: str) -> LedgerClient:
    """A client for a bot of the account, on the servers of the command line."""
    cache = settings.redis_url
    return LedgerClient(
        bot_id,
        account=account,
        database_url=url_of(settings),
        redis_url=cache.get_secret_value() if cache else None,
        redis_db=settings.redis_db,
    )
