"""Connections that give a silent server up.

The server's own statement_timeout ends what takes too long there, and TCP notices a peer that acknowledges nothing.
Neither helps against a server that is frozen, or gone after it took the request.
"""

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, Connection

T = TypeVar("T")
Row = dict[str, Any]


def _limited(
    gen: Generator[Any, Any, T], connection: psycopg.BaseConnection[Any], seconds: float
) -> Generator[Any, Any, T]:
    """The driver's own exchange with the server, ended after so many seconds. psycopg wakes it every 0.1 s."""
    end = time.monotonic() + seconds
    try:
        state = next(gen)
        while True:
            ready = yield state
            if not ready and time.monotonic() > end:
                connection.pgconn.finish()  # what it says later is nobody's answer
                raise psycopg.OperationalError(f"no answer within {seconds:g} s")
            state = gen.send(ready)
    except StopIteration as done:
        result: T = done.value
        return result


class PatientConnection(Connection[Row]):
    """Waits `answer_within` seconds for an answer, then raises OperationalError and is closed."""

    answer_within = 60.0

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Drives one exchange with the server."""
        return super().wait(_limited(gen, self, self.answer_within), *args, **options)


class AsyncPatientConnection(AsyncConnection[Row]):
    """The same, awaiting."""

    answer_within = 60.0

    async def wait(self, gen: Generator[Any, Any, T], *args: Any, **options: Any) -> T:
        """Drives one exchange with the server."""
        return await super().wait(_limited(gen, self, self.answer_within), *args, **options)
