"""One reconciliation of an account at a time, however many processes start together."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from pydantic import SecretStr

from ledger.database.connecting import connect_timeout
from ledger.database.failures import translate
from ledger.database.url import to_conninfo
from ledger.queries import query
from ledger.settings import Settings


@asynccontextmanager
async def account_lock(settings: Settings, account_id: int) -> AsyncIterator[None]:
    """Waits for, and holds, the account's lock.

    The lock belongs to an open transaction on a connection of its own, which works through PgBouncer, too, and ends
    with the process whatever happens to it. Raises DatabaseUnavailableError.
    """
    try:
        # The simple protocol: a portal that stays open would hold a snapshot, and vacuum back.
        connection = await psycopg.AsyncConnection.connect(
            **_server(settings), cursor_factory=psycopg.AsyncClientCursor
        )
    except psycopg.Error as error:
        raise translate(error) from error
    try:
        try:
            await connection.execute(query("reconcile_patience").encode())
            await connection.execute(query("reconcile_lock").encode(), {"account_id": account_id})
        except psycopg.Error as error:
            raise translate(error) from error
        yield
    finally:
        await connection.close()


@contextmanager
def blocking_account_lock(settings: Settings, account_id: int) -> Iterator[None]:
    """The same for a caller that waits blocking."""
    try:
        connection = psycopg.connect(**_server(settings), cursor_factory=psycopg.ClientCursor)
    except psycopg.Error as error:
        raise translate(error) from error
    with connection:
        try:
            connection.execute(query("reconcile_patience").encode())
            connection.execute(query("reconcile_lock").encode(), {"account_id": account_id})
        except psycopg.Error as error:
            raise translate(error) from error
        yield


def _server(settings: Settings) -> dict[str, Any]:
    url = settings.database_url or SecretStr("")
    return {"conninfo": to_conninfo(url.get_secret_value()), "connect_timeout": connect_timeout(settings)}
