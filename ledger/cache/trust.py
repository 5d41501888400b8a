"""When a cached entry may be believed, and when Redis is worth a try."""

import threading
import time
from collections.abc import Mapping

_PAUSE_SECONDS = 1.0


class Trust:
    """What one client knows about its Redis: since when it is connected, what it failed to write.

    A restarted Redis may have come back with old data; every reader has a new connection to it then, so that all
    that was written before the connection is read from PostgreSQL once. Times are Redis' own, so that
    clocks need not agree.
    """

    def __init__(self, trust_seconds: float) -> None:
        self._trust_ms = trust_seconds * 1000
        self._lock = threading.Lock()
        self._connected_at = 0
        self._connected_mono = 0.0
        self._connected = False
        self._away_until = 0.0
        self._unwritten: set[str] = set()

    def connected(self, redis_ms: int) -> None:
        """A connection was made at this time of Redis' clock."""
        with self._lock:
            self._connected_at = redis_ms
            self._connected_mono = time.monotonic()
            self._connected = True

    def now(self) -> int | None:
        """Redis' clock in milliseconds, carried on from the last connection."""
        with self._lock:
            if not self._connected:
                return None
            return self._connected_at + int((time.monotonic() - self._connected_mono) * 1000)

    def worth_a_try(self) -> bool:
        """False for a moment after a failure, so that an absent Redis does not slow every call down."""
        return time.monotonic() >= self._away_until

    def failed(self, key: str, *, writing: bool) -> None:
        """Redis did not answer. A key that could not be written is not believed until it is."""
        with self._lock:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            if writing:
                self._unwritten.add(key)

    def skipped(self, key: str) -> None:
        """A write was not even tried."""
        with self._lock:
            self._unwritten.add(key)

    def written(self, key: str) -> None:
        """The key is in Redis as it should be."""
        with self._lock:
            self._unwritten.discard(key)

    def believes(self, key: str, fields: Mapping[str, str]) -> bool:
        """Whether the entry can be used as it is."""
        now = self.now()
        if now is None or key in self._unwritten or "pending" in fields or "book_seq" not in fields:
            return False
        try:
            written_at = int(fields["written_at"])
        except (KeyError, ValueError):
            return False
        return self._connected_at <= written_at and now - written_at <= self._trust_ms
