"""Takes entries out of Redis that a writer could not announce or store, as soon as Redis answers again.

Other clients may have been idle while Redis was silent: their connections live on, and nothing else would tell them
that what they read there is a former position.
"""

import os
import threading
import time
from collections.abc import Callable

import redis
from redis.exceptions import RedisError

from ledger.cache.trust import Trust

_PAUSE_SECONDS = 0.05


class Remover:
    """A thread that lives while there is something to remove."""

    def __init__(self, connect: Callable[[], redis.Redis], trust: Trust) -> None:
        self._connect = connect
        self._trust = trust
        self._worker: tuple[int, threading.Thread] | None = None
        self._closed = False

    def wake(self) -> None:
        """There is something to remove."""
        if self._closed or (self._worker is not None and self._worker[0] == os.getpid() and self._worker[1].is_alive()):
            return
        thread = threading.Thread(target=self._work, name="fifoledger-cache-remover", daemon=True)
        self._worker = (os.getpid(), thread)
        thread.start()

    def close(self) -> None:
        """Ends the thread at its next step."""
        self._closed = True
        if self._worker is not None and self._worker[0] == os.getpid():
            self._worker[1].join()

    def _work(self) -> None:
        server = self._connect()
        try:
            while not self._closed and (keys := self._trust.take_unwritten()):
                try:
                    server.unlink(*keys)
                    self._trust.removed(keys)
                except (RedisError, OSError):
                    time.sleep(_PAUSE_SECONDS)
        finally:
            server.connection_pool.disconnect()
