"""Looks at what is cached, for `verify`: what a reader would believe must be what PostgreSQL says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from ledger.cache.entry import from_fields
from ledger.settings import Settings
from ledger.values import Position

# Cash of a book renews its time and not its position.
_COMPARED = tuple(f.name for f in fields(Position) if f.name not in {"updated_at", "book_seq"})
_BOOK = ("bot_id", "category", "symbol", "position_idx")
_DISTRUST = (Path(__file__).parent / "distrust.lua").read_text(encoding="utf-8")

Positions = Mapping[str, Position]


class EntryState(StrEnum):
    """What a cached entry is worth to a reader. Only `wrong` is an error: all others lead to PostgreSQL or agree."""

    right = "right"
    absent = "absent"
    pending = "pending"  # a write announced itself and has not ended, or ended while this was looked at
    untrusted = "untrusted"  # too old, or taken back; readers go to PostgreSQL
    unreadable = "unreadable"  # no position, or another book's; readers pass it by
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
        url = settings.redis_url.get_secret_value() if settings.redis_url else ""
        self._trust_ms = settings.cache_trust * 1000
        pool = redis.ConnectionPool.from_url(
            url,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=settings.connect_timeout,
            socket_connect_timeout=settings.connect_timeout,
            retry=Retry(NoBackoff(), 1),
        )
        if settings.redis_db is not None:
            pool.connection_kwargs["db"] = settings.redis_db  # above the URL's own, as for the clients
        self._redis = redis.Redis.from_pool(pool)
        self._distrust = self._redis.register_script(_DISTRUST)

    def server_version(self) -> str:
        """The version that the server reports."""
        info: Any = self._redis.info("server")
        return str(info.get("valkey_version") or info["redis_version"])

    def audit(self, before: Positions, read_again: Callable[[Sequence[str]], Positions]) -> dict[str, Audit]:
        """Compares entries, by key, with what PostgreSQL says.

        Args:
            before: the positions, read from PostgreSQL before this call.
            read_again: reads some of them anew. Books move on, so that what is not `before` may be the truth by now.
        """
        entries = self._entries(before)
        seconds, microseconds = self._redis.time()
        now = int(seconds) * 1000 + int(microseconds) // 1000
        audits = {key: self._judge(entries[key], position, position, now) for key, position in before.items()}
        doubtful = [key for key, audit in audits.items() if audit.state is EntryState.wrong]
        after = read_again(doubtful) if doubtful else {}
        return audits | {key: self._judge(entries[key], before[key], after[key], now) for key in doubtful}

    def distrust(self, keys: Iterable[str]) -> None:
        """Has every reader read these positions from PostgreSQL again, and whoever has read them before store nothing.

        Announced writes stay announced.
        """
        for key in keys:
            try:
                self._distrust(keys=[key])
            except ResponseError:  # out of memory, or no hash: what the clients do then
                self._redis.unlink(key)

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

    def _judge(self, entry: Any, before: Position, after: Position, now: int) -> Audit:
        if isinstance(entry, RedisError):  # a key of another type, which no reader takes for a position
            return Audit(EntryState.unreadable)
        if not entry:
            return Audit(EntryState.absent)
        if "pending" in entry:
            return Audit(EntryState.pending)
        age = _age_ms(entry, now)
        if age is None or "book_seq" not in entry:
            return Audit(EntryState.untrusted if "size" in entry else EntryState.absent)
        cached = _read(entry, before)
        return Audit(EntryState.unreadable) if cached is None else self._compare(cached, before, after, age)

    def _compare(self, cached: Position, before: Position, after: Position, age: int) -> Audit:
        if before.book_seq < cached.book_seq < after.book_seq:  # what it was then, nobody can say any more
            return Audit(EntryState.pending)
        differences = _differences(cached, before if cached.book_seq <= before.book_seq else after)
        if differences and age > self._trust_ms:
            return Audit(EntryState.untrusted)
        return Audit(EntryState.wrong if differences else EntryState.right, differences)


def _read(entry: Mapping[str, str], position: Position) -> Position | None:
    """The position in an entry, if it is whole and of the same book."""
    try:
        cached = from_fields(entry)
    except (KeyError, ValueError, ArithmeticError):
        return None
    return cached if all(getattr(cached, name) == getattr(position, name) for name in _BOOK) else None


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
