"""What both drivers share: how to connect, when to try again, how to read.

Each statement is a transaction of its own (autocommit), so a call is one round trip, and PgBouncer in
transaction mode may stand between. Transient failures are repeated within `retry_timeout`.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, cast

import psycopg
from psycopg.rows import dict_row
from pydantic import SecretStr
from tenacity import retry_if_exception, stop_after_delay, wait_random_exponential

from ledger.database.failures import is_transient
from ledger.database.url import to_conninfo
from ledger.queries import query
from ledger.settings import Settings

_exact = json.JSONDecoder(parse_float=Decimal)  # json.loads() would make one at every call


def exact_json(text: str | bytes) -> Any:
    """JSON whose numbers stay exact. A function of its own: psycopg warns of partial ones."""
    return _exact.decode(text if isinstance(text, str) else text.decode())


# What an answer may take on its way after the server has ended a statement itself.
GRACE_SECONDS = 5.0


@cache
def text_of(name: str) -> bytes:
    """The named query, as psycopg takes it."""
    return query(name).encode()


def url_of(settings: Settings) -> str:
    """The URL with its password, for connecting alone."""
    return cast(SecretStr, settings.database_url).get_secret_value()


def connect_timeout(settings: Settings) -> int:
    """Seconds."""
    return max(2, round(settings.connect_timeout))  # libpq knows whole seconds, 2 at least


def retry_policy(settings: Settings, spent: float = 0.0) -> dict[str, Any]:
    """How often and when tenacity tries again; `spent`: seconds of `retry_timeout` that are gone already."""
    return {
        "retry": retry_if_exception(is_transient),
        "stop": stop_after_delay(max(0.0, settings.retry_timeout - spent)),
        "wait": wait_random_exponential(multiplier=0.02, max=1.0),
        "reraise": True,
    }


def raised_once(failure: Exception) -> Callable[[], None]:
    """Raises a failure when called for the first time.

    Most calls succeed at once, and tenacity's account of a call takes as long as the reading of a row: it is asked only
    after a failure, which is then the first that it sees.
    """
    failures = [failure]

    def again() -> None:
        if failures:
            raise failures.pop()

    return again


def pool_options(settings: Settings) -> dict[str, Any]:
    """What both kinds of pool are made with."""
    return {
        "conninfo": to_conninfo(url_of(settings)),
        "min_size": 0,
        "max_size": settings.pool_size,
        "timeout": settings.connect_timeout,
        "reconnect_timeout": settings.connect_timeout,
        "open": False,
        "kwargs": {
            "autocommit": True,
            "row_factory": dict_row,
            "prepare_threshold": 1,
            "connect_timeout": connect_timeout(settings),
            # A peer that is gone without a word is noticed within the time that a statement may take.
            "tcp_user_timeout": round(settings.statement_timeout * 1000),
        },
    }


def behind_pooler(connection: psycopg.BaseConnection[Any], server_pid: int) -> bool:
    """A pooler answers with a process id of its own. Then neither prepared statements nor session settings last."""
    return connection.info.backend_pid != server_pid


def timeout_milliseconds(settings: Settings) -> str:
    """The server's own limit, as the session setting takes it."""
    return str(round(settings.statement_timeout * 1000))
