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
        """False for a moment after a time-out, so that a silent Redis does not slow every call down."""
        return time.monotonic() >= self._away_until

    def timed_out(self) -> None:
        """Redis did not answer in time."""
        with self._lock:
            self._away_until = time.monotonic() + _PAUSE_SECONDS

    def unwritten(self, key: str) -> None:
        """A key is not as it should be: it is not believed, and goes at the next chance."""
        with self._lock:
            self._unwritten.add(key)

    def take_unwritten(self) -> list[str]:
        """The keys to remove from Redis before anything else is done there. They stay doubted until `removed`."""
        with self._lock:
            return list(self._unwritten)

    def removed(self, keys: list[str]) -> None:
        """These keys are gone from Redis."""
        with self._lock:
            self._unwritten.difference_update(keys)

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
