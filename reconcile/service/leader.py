"""One service leads for each account; the others stand by."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from pydantic import SecretStr

from ledger.database.deadline import AsyncPatientConnection
from ledger.database.failures import translate
from ledger.database.url import to_conninfo
from ledger.queries import query
from ledger.settings import Settings
from reconcile.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Seconds: between two looks whether somebody leads, between two signs of life, without one until it is over."""

    look: float = 1.0
    pulse: float = 2.0
    lease: float = 10.0


@asynccontextmanager
async def leadership(settings: Settings, account_id: int, rhythm: Rhythm | None = None) -> AsyncIterator[asyncio.Event]:
    """Waits until nobody else leads for the account, then leads; the event tells that leadership is lost.

    The right belongs to an open transaction on a connection of its own, which works through PgBouncer, too. It ends
    with the process whatever happens to it: the server ends the transaction of a leader that died with its machine,
    or is frozen, when the lease is over. Raises LedgerError when the database does not answer.
    """
    rhythm = rhythm or Rhythm()
    connection = await _won(settings, account_id, rhythm)
    lost = asyncio.Event()
    keeping = asyncio.create_task(_keep(connection, lost, rhythm))
    try:
        yield lost
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})
        await connection.close()


async def _won(settings: Settings, account_id: int, rhythm: Rhythm) -> AsyncPatientConnection:
    connection = await _connected(settings)
    connection.answer_within = rhythm.lease - rhythm.pulse
    try:
        while True:
            if await _asked(connection, account_id, rhythm):
                return connection
            await connection.rollback()
            await asyncio.sleep(rhythm.look)
    except psycopg.Error as error:
        await connection.close()
        raise translate(error) from error
    except BaseException:
        await connection.close()
        raise


async def _connected(settings: Settings) -> AsyncPatientConnection:
    url = cast(SecretStr, settings.database_url).get_secret_value()
    name = f"fifoledger serve {socket.gethostname()[:30]}:{os.getpid()}"
    try:
        return await AsyncPatientConnection.connect(
            make_conninfo(to_conninfo(url), application_name=name),
            row_factory=dict_row,
            # The simple protocol: a portal that stays open would hold a snapshot, and vacuum back.
            cursor_factory=psycopg.AsyncClientCursor,
            connect_timeout=max(2, round(settings.connect_timeout)),
        )
    except psycopg.Error as error:
        raise translate(error) from error


async def _asked(connection: AsyncPatientConnection, account_id: int, rhythm: Rhythm) -> bool:
    await connection.execute(query("lead_lease").encode(), {"milliseconds": str(round(rhythm.lease * 1000))})
    cursor = await connection.execute(query("lead_account").encode(), {"account_id": account_id})
    row = await cursor.fetchone()
    return bool(row and row["leads"])


async def _keep(connection: AsyncPatientConnection, lost: asyncio.Event, rhythm: Rhythm) -> None:
    """Gives signs of life until one fails."""
    try:
        while True:
            await asyncio.sleep(rhythm.pulse)
            await connection.execute(query("lead_pulse").encode())
    except psycopg.Error as error:
        log.warning("leadership lost", problem=str(translate(error)))
        lost.set()
        with suppress(psycopg.Error):
            await connection.close()
