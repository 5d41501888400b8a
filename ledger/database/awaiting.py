"""Carries out steps on a pool of PostgreSQL connections, awaiting."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
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
    lasting,
    pool_options,
    raised_once,
    retry_policy,
    text_of,
    timeout_milliseconds,
    url_of,
)
from ledger.database.deadline import AsyncPatientConnection
from ledger.database.failures import is_transient, translate
from ledger.database.steps import Batch, Portion, Query, Rows, portions
from ledger.database.url import to_conninfo
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

    async def batch(self, step: Batch) -> list[Rows]:
        """Runs a statement for each parameter set, in one round trip."""
        return cast(list[Rows], await self._retry(self._batch, step))

    async def _retry(self, work: Callable[..., Any], step: Query | Batch) -> Any:
        began = time.monotonic()
        try:
            try:
                return await work(step)
            except Exception as failure:
                if not is_transient(failure):
                    raise
                return await self._again(work, step, failure, time.monotonic() - began)
        except Exception as error:
            raise translate(error) from error

    async def _again(self, work: Callable[..., Any], step: Query | Batch, failure: Exception, spent: float) -> Any:
        before = raised_once(failure)

        async def tried() -> Any:
            before()
            return await work(step)

        return await AsyncRetrying(**retry_policy(self._settings, spent))(tried)

    async def _query(self, step: Query) -> Rows:
        async with self._connection() as connection:
            cursor = await connection.execute(text_of(step.name), step.params)
            return await cursor.fetchall()

    async def _batch(self, step: Batch) -> list[Rows]:
        answers: list[Rows] = []
        failures: list[psycopg.Error] = []
        async with self._connection() as connection:
            for portion in portions(step.params):
                try:
                    answers += await self._portion(connection, step.name, portion)
                except psycopg.Error as error:
                    failures.append(lasting(error))
                    await self._one_by_one(connection, step.name, portion)
        if failures:
            raise failures[0]
        return answers

    async def _portion(self, connection: AsyncPatientConnection, name: str, portion: Portion) -> list[Rows]:
        if len(portion) == 1:
            return [await (await connection.execute(text_of(name), portion[0])).fetchall()]
        cursors = []
        async with connection.pipeline() as pipeline:
            for params in portion:
                cursors.append(await connection.execute(text_of(name), params))
                await pipeline.sync()
            return [await cursor.fetchall() for cursor in cursors]

    async def _one_by_one(self, connection: AsyncPatientConnection, name: str, portion: Portion) -> None:
        """After a refusal, which ends a pipeline: nothing of the rest may be missed, and writes may be repeated."""
        for params in portion:
            try:
                await connection.execute(text_of(name), params)
            except psycopg.Error as error:
                lasting(error)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncPatientConnection]:
        pool = await self._open_pool()
        connection = await pool.getconn()
        try:
            yield connection  # commits by itself; pool.connection() would do it once more
        finally:
            await pool.putconn(connection)

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
