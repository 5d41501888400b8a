"""Looks at what is cached, for `verify`: what a reader would believe must be what PostgreSQL says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from ledger.cache.entry import from_fields
from ledger.settings import Settings
from ledger.values import Position

# Cash of a book renews its time and not its position.
_COMPARED = tuple(f.name for f in fields(Position) if f.name not in {"updated_at", "book_seq"})


class EntryState(StrEnum):
    """What a cached entry is worth to a reader. Only `wrong` is an error: all others lead to PostgreSQL or agree."""

    right = "right"
    absent = "absent"
    pending = "pending"  # a write announced itself and has not ended
    untrusted = "untrusted"  # older than the book, or taken back by a rebuild; readers go to PostgreSQL
    unreadable = "unreadable"  # not the ledger's own; readers pass it by
    wrong = "wrong"


@dataclass(frozen=True)
class CachedDifference:
    """A field of a cached entry that is not what PostgreSQL says."""

    field: str
    cached: str
    expected: str


@dataclass(frozen=True)
class Audit:
    """What was found under a key."""

    state: EntryState
    differences: tuple[CachedDifference, ...] = ()


class CacheAuditor:
    """Reads entries as they are. Unlike the clients' cache it raises RedisError when Redis does not answer."""

    def __init__(self, settings: Settings) -> None:
        options: dict[str, Any] = {} if settings.redis_db is None else {"db": settings.redis_db}
        url = settings.redis_url.get_secret_value() if settings.redis_url else ""
        self._trust_ms = settings.cache_trust * 1000
        self._redis = redis.Redis.from_url(
            url,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=settings.connect_timeout,
            socket_connect_timeout=settings.connect_timeout,
            retry=Retry(NoBackoff(), 1),
            **options,
        )

    def server_version(self) -> str:
        """The version that the server reports."""
        info: Any = self._redis.info("server")
        return str(info.get("valkey_version") or info["redis_version"])

    def audit(self, expected: Mapping[str, Position]) -> dict[str, Audit]:
        """Compares entries, by key, with positions that were read from PostgreSQL before this call."""
        entries = self._entries(expected)
        seconds, microseconds = self._redis.time()
        now = int(seconds) * 1000 + int(microseconds) // 1000
        return {key: self._judge(entries[key], position, now) for key, position in expected.items()}

    def distrust(self, keys: Iterable[str]) -> None:
        """Has every reader read these positions from PostgreSQL again. Announced writes stay announced."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hdel(key, "written_at")
            pipeline.execute(raise_on_error=False)

    def close(self) -> None:
        """Closes the connection."""
        self._redis.close()

    def _entries(self, keys: Iterable[str]) -> dict[str, Any]:
        wanted = list(keys)
        with self._redis.pipeline(transaction=False) as pipeline:
            for key in wanted:
                pipeline.hgetall(key)
            answers: Sequence[Any] = pipeline.execute(raise_on_error=False)
        return dict(zip(wanted, answers, strict=True))

    def _judge(self, entry: Any, position: Position, now: int) -> Audit:
        if isinstance(entry, RedisError):  # a key of another type, which no reader takes for a position
            return Audit(EntryState.unreadable)
        if not entry:
            return Audit(EntryState.absent)
        if "pending" in entry:
            return Audit(EntryState.pending)
        try:
            cached = from_fields(entry)
        except (KeyError, ValueError, ArithmeticError):
            return Audit(EntryState.unreadable)
        age = _age_ms(entry, now)
        if age is None or (cached.book_seq < position.book_seq and age > self._trust_ms):
            return Audit(EntryState.untrusted)
        differences = _differences(cached, position)
        return Audit(EntryState.wrong if differences else EntryState.right, differences)


def _age_ms(entry: Mapping[str, str], now: int) -> int | None:
    """How old the entry is; None for one that says nothing of it, which no reader believes."""
    try:
        return now - int(entry["written_at"])
    except (KeyError, ValueError):
        return None


def _differences(cached: Position, position: Position) -> tuple[CachedDifference, ...]:
    names = ("book_seq", *_COMPARED)
    return tuple(
        CachedDifference(name, str(getattr(cached, name)), str(getattr(position, name)))
        for name in names
        if getattr(cached, name) != getattr(position, name)
    )
