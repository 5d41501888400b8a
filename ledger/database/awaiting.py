"""Carries out steps on a pool of PostgreSQL connections, awaiting."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import psycopg
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolClosed
from tenacity import AsyncRetrying

from ledger.database.connecting import (
    GRACE_SECONDS,
    behind_pooler,
    connect_timeout,
    exact_json,
    pool_options,
    raised_once,
    retry_policy,
    text_of,
    timeout_milliseconds,
    url_of,
)
from ledger.database.deadline import AsyncPatientConnection
from ledger.database.failures import is_transient, translate
from ledger.database.outcomes import COMMITTED, FirstError, Outcomes
from ledger.database.steps import Batch, Outcome, Query, Rows
from ledger.database.url import to_conninfo
from ledger.errors import LedgerError
from ledger.settings import Settings


class AsyncDatabase:
    """The awaiting driver. Opens its pool at first use, and anew in another event loop or a forked child."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: AsyncConnectionPool[AsyncPatientConnection] | None = None
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._opening: tuple[tuple[int, asyncio.AbstractEventLoop], asyncio.Lock] | None = None
        self._closed = False

    async def query(self, step: Query) -> Rows:
        """Runs one statement and returns its rows."""
        return cast(Rows, await self._retry(self._query, step))

    async def batch(self, step: Batch) -> list[Outcome]:
        """Runs a statement for each parameter set, in one round trip; answers each one's rows or error."""
        outcomes = Outcomes(step)
        try:
            await self._retry(self._batch, outcomes)
        except LedgerError as failure:
            return outcomes.all(failure)
        return outcomes.all()

    async def _retry(self, work: Callable[..., Any], step: Query | Outcomes) -> Any:
        began = time.monotonic()
        try:
            try:
                return await self._try(work, step)
            except Exception as failure:
                if not is_transient(failure):
                    raise
                return await self._again(work, step, failure, time.monotonic() - began)
        except Exception as error:
            raise translate(error) from error

    async def _again(self, work: Callable[..., Any], step: Query | Outcomes, failure: Exception, spent: float) -> Any:
        before = raised_once(failure)

        async def tried() -> Any:
            before()
            return await self._try(work, step)

        return await AsyncRetrying(**retry_policy(self._settings, spent))(tried)

    async def _try(self, work: Callable[..., Any], step: Query | Outcomes) -> Any:
        pool = await self._open_pool()
        connection = await pool.getconn()
        try:
            return await work(connection, step)  # commits by itself; pool.connection() would do it once more
        finally:
            await pool.putconn(connection)

    async def _query(self, connection: AsyncPatientConnection, step: Query) -> Rows:
        cursor = await connection.execute(text_of(step.name), step.params)
        return await cursor.fetchall()

    async def _batch(self, connection: AsyncPatientConnection, outcomes: Outcomes) -> None:
        while waiting := outcomes.waiting():
            await self._portion(connection, outcomes, waiting)

    async def _portion(self, connection: AsyncPatientConnection, outcomes: Outcomes, portion: Sequence[int]) -> None:
        """Each set between a BEGIN and a COMMIT of its own, all of them sent at once. One alone needs neither.

        psycopg's own way to end transactions within a pipeline waits for each of them.
        """
        statement, begin, commit = text_of(outcomes.name), text_of("begin"), text_of("commit")
        first, sent = FirstError(), []
        if len(portion) == 1:
            with first:
                cursor = await connection.execute(statement, outcomes.params[portion[0]])
                outcomes.answer(portion[0], await cursor.fetchall())
        else:
            with first:
                async with connection.pipeline():
                    with first:  # within, too: see Database
                        for number in portion:
                            await connection.execute(begin)
                            rows = await connection.execute(statement, outcomes.params[number])
                            sent.append((number, rows, await connection.execute(commit)))
            with first:
                await connection.rollback()  # of one that failed between the two
        committed = [(number, await rows.fetchall()) for number, rows, end in sent if end.statusmessage == COMMITTED]
        outcomes.settle(committed, portion, first.error)

    async def _open_pool(self) -> AsyncConnectionPool[AsyncPatientConnection]:
        home = (os.getpid(), asyncio.get_running_loop())
        if self._opening is None or self._opening[0] != home:
            self._opening = (home, asyncio.Lock())
        async with self._opening[1]:
            if self._closed:
                raise PoolClosed("closed")
            if self._pool is None or self._home != home:
                # A pool hides why it cannot connect; a first connection of its own says it.
                probe = await psycopg.AsyncConnection.connect(
                    to_conninfo(url_of(self._settings)), connect_timeout=connect_timeout(self._settings)
                )
                await probe.close()
                self._home = home
                self._pool = AsyncConnectionPool(
                    connection_class=AsyncPatientConnection, configure=self._configure, **pool_options(self._settings)
                )
                await self._pool.open()
            return self._pool

    async def _configure(self, connection: AsyncPatientConnection) -> None:
        set_json_loads(exact_json, connection)
        connection.answer_within = self._settings.statement_timeout + GRACE_SECONDS
        row = await (await connection.execute(text_of("backend_pid"))).fetchone()
        if behind_pooler(connection, cast(dict[str, int], row)["pid"]):
            connection.prepare_threshold = None
        else:
            await connection.execute(text_of("session_timeout"), {"milliseconds": timeout_milliseconds(self._settings)})

    async def close(self) -> None:
        """Closes the pool; waits for nothing but a connection's own end."""
        self._closed = True
        if self._pool is not None and self._home == (os.getpid(), asyncio.get_running_loop()):
            await self._pool.close()
        self._pool = None
