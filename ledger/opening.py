"""From what a caller passes to a client that can start: settings, session, servers."""

import re

from pydantic import SecretStr

from ledger.errors import ConfigurationError, InvalidInputError
from ledger.money import read_category, read_text
from ledger.session import Session
from ledger.settings import Settings, load_settings

_ACCOUNT = re.compile(r"(?:(?P<venue>[^:]+):)?(?P<name>[^:]+)(?::(?P<environment>[^:]+))?")
_ENVIRONMENTS = ("mainnet", "testnet", "demo", "paper")


def open_session(
    bot_id: str,
    *,
    account: str | None,
    database_url: str | None,
    redis_url: str | None,
    redis_db: int | None,
    category: str,
) -> tuple[Settings, Session]:
    """Settings with a database in them, and the bot's session.

    Without a database anywhere the embedded servers are started and brought up to date.
    """
    name = read_text("bot_id", bot_id)
    settings = load_settings(database_url=database_url, redis_url=redis_url, redis_db=redis_db, account=account)
    if settings.database_url is None:
        settings = with_embedded_servers(settings)
    venue, account_name, environment = read_account(settings.account)
    session = Session(
        bot_id=name,
        category=read_category("category", category),
        account=account_name,
        venue=venue,
        environment=environment,
        caches=settings.redis_url is not None,
    )
    return settings, session


def with_embedded_servers(settings: Settings) -> Settings:
    """The settings with the embedded servers in the place of what is not set. They are started if need be."""
    from ledger.embedded import start
    from ledger.migrate import upgrade

    servers = start(settings.home)
    upgrade(servers.database_url)
    return settings.model_copy(
        update={
            "database_url": SecretStr(servers.database_url),
            "redis_url": settings.redis_url or SecretStr(servers.redis_url),
        }
    )


def read_account(text: str | None) -> tuple[str, str | None, str]:
    """Venue, name and environment, as `venue:name:environment` or a name alone states them.

    Raises InvalidInputError, ConfigurationError.
    """
    if text is None:
        return "bybit", None, "mainnet"
    found = _ACCOUNT.fullmatch(read_text("account", text))
    if not found:
        raise InvalidInputError("account", text, "a name, or venue:name, or venue:name:environment")
    environment = found["environment"] or "mainnet"
    if environment not in _ENVIRONMENTS:
        raise ConfigurationError(f"account {text}: the environment must be one of {', '.join(_ENVIRONMENTS)}")
    return found["venue"] or "bybit", found["name"], environment
