"""Carries out steps on a pool of PostgreSQL connections, blocking."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool, PoolClosed
from tenacity import Retrying

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
from ledger.database.deadline import PatientConnection
from ledger.database.failures import is_transient, translate
from ledger.database.steps import Batch, Portion, Query, Rows, portions
from ledger.database.url import to_conninfo
from ledger.settings import Settings

_databases: "weakref.WeakSet[Database]" = weakref.WeakSet()


def _renew_locks() -> None:
    """In a forked child: another thread of the parent may have held a lock, and is not there to release it."""
    for database in _databases:
        database.opening = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class Database:
    """The blocking driver. Opens its pool at first use, and anew in a forked child."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.opening = threading.Lock()
        _databases.add(self)
        self._pool: ConnectionPool[PatientConnection] | None = None
        self._pid = 0
        self._closed = False

    def query(self, step: Query) -> Rows:
        """Runs one statement and returns its rows."""
        return cast(Rows, self._retry(self._query, step))

    def batch(self, step: Batch) -> list[Rows]:
        """Runs a statement for each parameter set, in one round trip."""
        return cast(list[Rows], self._retry(self._batch, step))

    def _retry(self, work: Callable[..., Any], step: Query | Batch) -> Any:
        began = time.monotonic()
        try:
            try:
                return work(step)
            except Exception as failure:
                if not is_transient(failure):
                    raise
                return self._again(work, step, failure, time.monotonic() - began)
        except Exception as error:
            raise translate(error) from error

    def _again(self, work: Callable[..., Any], step: Query | Batch, failure: Exception, spent: float) -> Any:
        before = raised_once(failure)

        def tried() -> Any:
            before()
            return work(step)

        return Retrying(**retry_policy(self._settings, spent))(tried)

    def _query(self, step: Query) -> Rows:
        with self._connection() as connection:
            return connection.execute(text_of(step.name), step.params).fetchall()

    def _batch(self, step: Batch) -> list[Rows]:
        answers: list[Rows] = []
        failures: list[psycopg.Error] = []
        with self._connection() as connection:
            for portion in portions(step.params):
                try:
                    answers += self._portion(connection, step.name, portion)
                except psycopg.Error as error:
                    failures.append(lasting(error))
                    self._one_by_one(connection, step.name, portion)
        if failures:
            raise failures[0]
        return answers

    def _portion(self, connection: PatientConnection, name: str, portion: Portion) -> list[Rows]:
        if len(portion) == 1:
            return [connection.execute(text_of(name), portion[0]).fetchall()]
        cursors = []
        with connection.pipeline() as pipeline:
            for params in portion:
                cursors.append(connection.execute(text_of(name), params))
                pipeline.sync()
            return [cursor.fetchall() for cursor in cursors]

    def _one_by_one(self, connection: PatientConnection, name: str, portion: Portion) -> None:
        """After a refusal, which ends a pipeline: nothing of the rest may be missed, and writes may be repeated."""
        for params in portion:
            try:
                connection.execute(text_of(name), params)
            except psycopg.Error as error:
                lasting(error)

    @contextmanager
    def _connection(self) -> Iterator[PatientConnection]:
        pool = self._open_pool()
        connection = pool.getconn()
        try:
            yield connection  # commits by itself; pool.connection() would do it once more
        finally:
            pool.putconn(connection)

    def _open_pool(self) -> ConnectionPool[PatientConnection]:
        with self.opening:
            if self._closed:
                raise PoolClosed("closed")
            if self._pool is None or self._pid != os.getpid():
                # A pool hides why it cannot connect; a first connection of its own says it.
                psycopg.connect(
                    to_conninfo(url_of(self._settings)), connect_timeout=connect_timeout(self._settings)
                ).close()
                self._pid = os.getpid()
                self._pool = ConnectionPool(
                    connection_class=PatientConnection, configure=self._configure, **pool_options(self._settings)
                )
                self._pool.open()
            return self._pool

    def _configure(self, connection: PatientConnection) -> None:
        set_json_loads(exact_json, connection)
        connection.answer_within = self._settings.statement_timeout + GRACE_SECONDS
        row = connection.execute(text_of("backend_pid")).fetchone()
        if behind_pooler(connection, cast(dict[str, int], row)["pid"]):
            connection.prepare_threshold = None
        else:
            connection.execute(text_of("session_timeout"), {"milliseconds": timeout_milliseconds(self._settings)})

    def close(self) -> None:
        """Closes the pool; waits for nothing but a connection's own end."""
        self._closed = True
        if self._pool is not None and self._pid == os.getpid():
            self._pool.close()
        self._pool = None
