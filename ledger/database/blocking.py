"""Carries out steps on a pool of PostgreSQL connections, blocking."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
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
    pool_options,
    raised_once,
    retry_policy,
    text_of,
    timeout_milliseconds,
    url_of,
)
from ledger.database.deadline import PatientConnection
from ledger.database.failures import is_transient, translate
from ledger.database.outcomes import COMMITTED, FirstError, Outcomes
from ledger.database.steps import Batch, Outcome, Query, Rows
from ledger.database.url import to_conninfo
from ledger.errors import LedgerError
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

    def batch(self, step: Batch) -> list[Outcome]:
        """Runs a statement for each parameter set, in one round trip; answers each one's rows or error."""
        outcomes = Outcomes(step)
        try:
            self._retry(self._batch, outcomes)
        except LedgerError as failure:
            return outcomes.all(failure)
        return outcomes.all()

    def _retry(self, work: Callable[..., Any], step: Query | Outcomes) -> Any:
        began = time.monotonic()
        try:
            try:
                return self._try(work, step)
            except Exception as failure:
                if not is_transient(failure):
                    raise
                return self._again(work, step, failure, time.monotonic() - began)
        except Exception as error:
            raise translate(error) from error

    def _again(self, work: Callable[..., Any], step: Query | Outcomes, failure: Exception, spent: float) -> Any:
        before = raised_once(failure)

        def tried() -> Any:
            before()
            return self._try(work, step)

        return Retrying(**retry_policy(self._settings, spent))(tried)

    def _try(self, work: Callable[..., Any], step: Query | Outcomes) -> Any:
        pool = self._open_pool()
        connection = pool.getconn()
        try:
            return work(connection, step)  # commits by itself; pool.connection() would do it once more
        finally:
            pool.putconn(connection)

    def _query(self, connection: PatientConnection, step: Query) -> Rows:
        return connection.execute(text_of(step.name), step.params).fetchall()

    def _batch(self, connection: PatientConnection, outcomes: Outcomes) -> None:
        while waiting := outcomes.waiting():
            self._portion(connection, outcomes, waiting)

    def _portion(self, connection: PatientConnection, outcomes: Outcomes, portion: Sequence[int]) -> None:
        """Each set between a BEGIN and a COMMIT of its own, all of them sent at once. One alone needs neither.

        psycopg's own way to end transactions within a pipeline waits for each of them.
        """
        statement, begin, commit = text_of(outcomes.name), text_of("begin"), text_of("commit")
        first, sent = FirstError(), []
        if len(portion) == 1:
            with first:
                cursor = connection.execute(statement, outcomes.params[portion[0]])
                outcomes.answer(portion[0], cursor.fetchall())
        else:
            # Within, too, or psycopg would log what it meets at the pipeline's end.
            with first, connection.pipeline(), first:
                for number in portion:
                    connection.execute(begin)
                    rows = connection.execute(statement, outcomes.params[number])
                    sent.append((number, rows, connection.execute(commit)))
            with first:
                connection.rollback()  # of one that failed between the two
        committed = [(number, rows.fetchall()) for number, rows, end in sent if end.statusmessage == COMMITTED]
        outcomes.settle(committed, portion, first.error)

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
