"""Connecting: the settings in force, and the database that a command reads."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.rows import dict_row
from pydantic import SecretStr

from ledger.database import Database, Query
from ledger.database.failures import translate
from ledger.database.url import to_conninfo
from ledger.opening import with_embedded_servers
from ledger.queries import query
from ledger.settings import Settings, load_settings

# Somebody waits at the terminal, who can also repeat the command.
_RETRY_SECONDS = 2.0


def ready_settings() -> Settings:
    """The settings with a database that answers; without LEDGER_DATABASE_URL the embedded servers are started."""
    settings = load_settings()
    if settings.database_url is None:
        settings = with_embedded_servers(settings)
    settings = settings.model_copy(update={"retry_timeout": min(settings.retry_timeout, _RETRY_SECONDS)})
    require_answer(settings)
    return settings


def url_of(settings: Settings) -> str:
    """The database's URL, with its secrets."""
    return cast(SecretStr, settings.database_url).get_secret_value()


def require_answer(settings: Settings) -> None:
    """Connects once, because a pool does not say why it cannot. Raises DatabaseUnavailableError."""
    try:
        psycopg.connect(to_conninfo(url_of(settings)), connect_timeout=_seconds(settings)).close()
    except psycopg.Error as error:
        raise translate(error) from None


def _seconds(settings: Settings) -> int:
    return max(2, round(settings.connect_timeout))  # libpq knows whole seconds, 2 at least


@contextmanager
def database(settings: Settings | None = None) -> Iterator[Database]:
    """The database that the settings name."""
    opened = Database(settings or ready_settings())
    try:
        yield opened
    finally:
        opened.close()


def stream(step: Query, or_else: Callable[[Database, Mapping[str, Any]], object]) -> Iterator[dict[str, Any]]:
    """The rows one by one as they arrive, for answers that need not fit into memory; without any `or_else` is asked."""
    settings = ready_settings()
    url = url_of(settings)
    try:
        with psycopg.connect(
            to_conninfo(url), autocommit=True, row_factory=dict_row, connect_timeout=_seconds(settings)
        ) as connection:
            rows = connection.cursor().stream(query(step.name).encode(), step.params)
            first = next(rows, None)
            if first is not None:
                yield first
                yield from rows
    except psycopg.Error as error:
        raise translate(error) from None
    if first is None:
        with database(settings) as opened:
            or_else(opened, step.params)
