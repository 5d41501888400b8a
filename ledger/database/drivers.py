"""Carries out steps on a pool of PostgreSQL connections, blocking or awaiting.

Each statement is a transaction of its own (autocommit), so a call is one round trip, and PgBouncer in
transaction mode may stand between. Transient failures are repeated within `retry_timeout`.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from functools import partial
from typing import Any, cast

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolClosed
from pydantic import SecretStr
from tenacity import AsyncRetrying, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from ledger.database.failures import is_transient, translate
from ledger.database.steps import Batch, Portion, Query, Rows, portions
from ledger.database.url import to_conninfo
from ledger.queries import query
from ledger.settings import Settings

_exact_json = partial(json.loads, parse_float=Decimal)


def _text(name: str) -> bytes:
    return query(name).encode()


def _url(settings: Settings) -> str:
    return cast(SecretStr, settings.database_url).get_secret_value()


def _connect_timeout(settings: Settings) -> int:
    return max(2, round(settings.connect_timeout))  # libpq knows whole seconds, 2 at least


def _policy(settings: Settings) -> dict[str, Any]:
    return {
        "retry": retry_if_exception(is_transient),
        "stop": stop_after_delay(settings.retry_timeout),
        "wait": wait_random_exponential(multiplier=0.02, max=1.0),
        "reraise": True,
    }


def _pool_options(settings: Settings) -> dict[str, Any]:
    return {
        "conninfo": to_conninfo(_url(settings)),
        "min_size": 0,
        "max_size": settings.pool_size,
        "timeout": settings.connect_timeout,
        "reconnect_timeout": settings.connect_timeout,
        "open": False,
        "kwargs": {
            "autocommit": True,
            "row_factory": dict_row,
            "prepare_threshold": 1,
            "connect_timeout": _connect_timeout(settings),
            # A peer that is gone without a word is noticed within the time that a statement may take.
            "tcp_user_timeout": round(settings.statement_timeout * 1000),
        },
    }


def _lasting(error: psycopg.Error) -> psycopg.Error:
    """The error, if trying again is of no use; else it is raised, for the retry."""
    if is_transient(error):
        raise error
    return error


def _behind_pooler(connection: psycopg.BaseConnection[Any], server_pid: int) -> bool:
    """A pooler answers with a process id of its own. Then neither prepared statements nor session settings last."""
    return connection.info.backend_pid != server_pid


class Database:
    """The blocking driver. Opens its pool at first use, and anew in a forked child."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._retrying = Retrying(**_policy(settings))
        self._pool: ConnectionPool[Connection[dict[str, Any]]] | None = None
        self._pid = 0
        self._closed = False

    def query(self, step: Query) -> Rows:
        """Runs one statement and returns its rows."""
        return cast(Rows, self._retry(self._query, step))

    def batch(self, step: Batch) -> list[Rows]:
        """Runs a statement for each parameter set, in one round trip."""
        return cast(list[Rows], self._retry(self._batch, step))

    def _retry(self, work: Callable[..., Any], step: Query | Batch) -> Any:
        try:
            return self._retrying(work, step)
        except Exception as error:
            raise translate(error) from error

    def _query(self, step: Query) -> Rows:
        with self._connection() as connection:
            return connection.execute(_text(step.name), step.params).fetchall()

    def _batch(self, step: Batch) -> list[Rows]:
        answers: list[Rows] = []
        failures: list[psycopg.Error] = []
        with self._connection() as connection:
            for portion in portions(step.params):
                try:
                    answers += self._portion(connection, step.name, portion)
                except psycopg.Error as error:
                    failures.append(_lasting(error))
                    self._one_by_one(connection, step.name, portion)
        if failures:
            raise failures[0]
        return answers

    def _portion(self, connection: Connection[dict[str, Any]], name: str, portion: Portion) -> list[Rows]:
        if len(portion) == 1:
            return [connection.execute(_text(name), portion[0]).fetchall()]
        cursors = []
        with connection.pipeline() as pipeline:
            for params in portion:
                cursors.append(connection.execute(_text(name), params))
                pipeline.sync()
            return [cursor.fetchall() for cursor in cursors]

    def _one_by_one(self, connection: Connection[dict[str, Any]], name: str, portion: Portion) -> None:
        """After a refusal, which ends a pipeline: nothing of the rest may be missed, and writes may be repeated."""
        for params in portion:
            try:
                connection.execute(_text(name), params)
            except psycopg.Error as error:
                _lasting(error)

    @contextmanager
    def _connection(self) -> Iterator[Connection[dict[str, Any]]]:
        if self._closed:
            raise PoolClosed("closed")
        if self._pool is None or self._pid != os.getpid():
            # A pool hides why it cannot connect; a first connection of its own says it.
            psycopg.connect(to_conninfo(_url(self._settings)), connect_timeout=_connect_timeout(self._settings)).close()
            self._pid = os.getpid()
            self._pool = ConnectionPool(configure=self._configure, **_pool_options(self._settings))
            self._pool.open()
        with self._pool.connection() as connection:
            yield connection

    def _configure(self, connection: Connection[dict[str, Any]]) -> None:
        set_json_loads(_exact_json, connection)
        row = connection.execute(_text("backend_pid")).fetchone()
        if _behind_pooler(connection, cast(dict[str, int], row)["pid"]):
            connection.prepare_threshold = None
        else:
            connection.execute(_text("session_timeout"), {"milliseconds": _milliseconds(self._settings)})

    def close(self) -> None:
        """Closes the pool; waits for nothing but a connection's own end."""
        self._closed = True
        if self._pool is not None and self._pid == os.getpid():
            self._pool.close()
        self._pool = None


class AsyncDatabase:
    """The awaiting driver. Opens its pool at first use, and anew in another event loop or a forked child."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._retrying = AsyncRetrying(**_policy(settings))
        self._pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]] | None = None
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._closed = False

    async def query(self, step: Query) -> Rows:
        """Runs one statement and returns its rows."""
        return cast(Rows, await self._retry(self._query, step))

    async def batch(self, step: Batch) -> list[Rows]:
        """Runs a statement for each parameter set, in one round trip."""
        return cast(list[Rows], await self._retry(self._batch, step))

    async def _retry(self, work: Callable[..., Any], step: Query | Batch) -> Any:
        try:
            return await self._retrying(work, step)
        except Exception as error:
            raise translate(error) from error

    async def _query(self, step: Query) -> Rows:
        async with self._connection() as connection:
            cursor = await connection.execute(_text(step.name), step.params)
            return await cursor.fetchall()

    async def _batch(self, step: Batch) -> list[Rows]:
        answers: list[Rows] = []
        failures: list[psycopg.Error] = []
        async with self._connection() as connection:
            for portion in portions(step.params):
                try:
                    answers += await self._portion(connection, step.name, portion)
                except psycopg.Error as error:
                    failures.append(_lasting(error))
                    await self._one_by_one(connection, step.name, portion)
        if failures:
            raise failures[0]
        return answers

    async def _portion(self, connection: AsyncConnection[dict[str, Any]], name: str, portion: Portion) -> list[Rows]:
        if len(portion) == 1:
            return [await (await connection.execute(_text(name), portion[0])).fetchall()]
        cursors = []
        async with connection.pipeline() as pipeline:
            for params in portion:
                cursors.append(await connection.execute(_text(name), params))
                await pipeline.sync()
            return [await cursor.fetchall() for cursor in cursors]

    async def _one_by_one(self, connection: AsyncConnection[dict[str, Any]], name: str, portion: Portion) -> None:
        """After a refusal, which ends a pipeline: nothing of the rest may be missed, and writes may be repeated."""
        for params in portion:
            try:
                await connection.execute(_text(name), params)
            except psycopg.Error as error:
                _lasting(error)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[dict[str, Any]]]:
        if self._closed:
            raise PoolClosed("closed")
        home = (os.getpid(), asyncio.get_running_loop())
        if self._pool is None or self._home != home:
            # A pool hides why it cannot connect; a first connection of its own says it.
            probe = await AsyncConnection.connect(
                to_conninfo(_url(self._settings)), connect_timeout=_connect_timeout(self._settings)
            )
            await probe.close()
            self._home = home
            self._pool = AsyncConnectionPool(configure=self._configure, **_pool_options(self._settings))
            await self._pool.open()
        async with self._pool.connection() as connection:
            yield connection

    async def _configure(self, connection: AsyncConnection[dict[str, Any]]) -> None:
        set_json_loads(_exact_json, connection)
        row = await (await connection.execute(_text("backend_pid"))).fetchone()
        if _behind_pooler(connection, cast(dict[str, int], row)["pid"]):
            connection.prepare_threshold = None
        else:
            await connection.execute(_text("session_timeout"), {"milliseconds": _milliseconds(self._settings)})

    async def close(self) -> None:
        """Closes the pool; waits for nothing but a connection's own end."""
        self._closed = True
        if self._pool is not None and self._home == (os.getpid(), asyncio.get_running_loop()):
            await self._pool.close()
        self._pool = None


def _milliseconds(settings: Settings) -> str:
    return str(round(settings.statement_timeout * 1000))
