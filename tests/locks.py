"""Calls that are made to wait for a lock, and are watched while they wait."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.statements import statement


class Call(threading.Thread):
    """A call in a thread of its own, so that one that never returns fails the test and does not hang it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.started = time.monotonic()
        self.seconds = 0.0
        self.start()

    def run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:
            self.error = error
        self.seconds = time.monotonic() - self.started


@contextmanager
def locked_books(connection: psycopg.Connection[Any], bot: str | None = None) -> Iterator[None]:
    """Nobody can write, or nobody can in the books of `bot`, while this lasts."""
    with connection.transaction():
        if bot is None:
            connection.execute(statement("server/lock_books"))
        else:
            connection.execute(statement("server/lock_books_of_bot"), {"bot_id": bot})
        yield


def blocked_backend(watcher: psycopg.Connection[Any], seen: set[int]) -> int:
    """A backend, none of those seen before, that waits for a lock."""
    return _waiting(watcher, "server/blocked_backends", seen)


def wait_until_blocked(watcher: psycopg.Connection[Any], holder: psycopg.Connection[Any]) -> None:
    """Until somebody waits for what this connection holds."""
    _waiting(watcher, "server/blocked_by", set(), pid=holder.info.backend_pid)


def _waiting(watcher: psycopg.Connection[Any], name: str, seen: set[int], **given: Any) -> int:
    until = time.monotonic() + 10
    while True:
        found = {pid for pid, *_ in watcher.execute(statement(name), given)} - seen
        if found:
            return int(found.pop())
        assert time.monotonic() < until, "nobody waits for the lock"
        time.sleep(0.01)
