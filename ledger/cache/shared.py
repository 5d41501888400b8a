"""What the blocking and the awaiting cache share: settings, scripts, and what follows from an answer or its absence."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import redis
import redis.asyncio as aioredis
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ledger.cache.outage import Outages
from ledger.cache.remover import Remover
from ledger.cache.steps import Lease, Mark, Put, Read, Script, Seen
from ledger.cache.trust import Trust
from ledger.errors import ConfigurationError
from ledger.settings import Settings

SCRIPTS = {
    step: (Path(__file__).parent / f"{step.__name__.lower()}.lua").read_text(encoding="utf-8")
    for step in (Mark, Lease, Put)
}
FAILURES = (RedisError, OSError, asyncio.TimeoutError)
NOTHING = Seen(None, {})
_PORTION = 100  # steps in one pipeline: no more than what is sent and answered well within `cache_timeout`
One = Seen | int | None
Answer = One | list[int | None]
Pool = TypeVar("Pool", redis.ConnectionPool, aioredis.ConnectionPool)


def options(settings: Settings) -> dict[str, Any]:
    """What all connections are made with."""
    return {
        "decode_responses": True,
        "socket_timeout": settings.cache_timeout,
        "socket_connect_timeout": settings.cache_timeout,
    }


def redis_database(settings: Settings) -> int:
    """The number of the Redis database that these settings name."""
    url = settings.redis_url.get_secret_value() if settings.redis_url is not None else "redis://"
    numbered = redis.ConnectionPool.from_url(url).connection_kwargs.get("db")
    return settings.redis_db if settings.redis_db is not None else int(numbered or 0)


def arguments(step: Script, deadline_ms: int) -> list[str | int]:
    """What the step's script is called with, beside the key."""
    if not isinstance(step, Put):
        return [step.token, deadline_ms]
    pairs = [part for item in (step.fields or {}).items() for part in item]
    return [step.token, "" if step.leased_at is None else step.leased_at, step.book_seq, *pairs]


def portions(steps: Sequence[Script]) -> Iterator[Sequence[Script]]:
    """The steps of each pipeline."""
    return (steps[start : start + _PORTION] for start in range(0, len(steps), _PORTION))


def redis_ms(time: tuple[Any, Any]) -> int:
    """Milliseconds since 1970, from Redis' answer to TIME."""
    return int(time[0]) * 1000 + int(time[1]) // 1000


class Shared:
    """What both caches have: settings, trust, and what follows from an answer or its absence."""

    def __init__(self, settings: Settings) -> None:
        if settings.redis_url is None:
            raise ConfigurationError("LEDGER_REDIS_URL is not set")
        self._url = settings.redis_url.get_secret_value()
        self._settings = settings
        self.trust = Trust(settings.cache_trust)
        self._outages = Outages()
        self._remover = Remover(self._plain_connection, self.trust)
        # A write may wait for its connection and its retries, and its last try for the server.
        self._deadline_ms = round(
            (settings.retry_timeout + settings.statement_timeout + settings.connect_timeout + 5) * 1000
        )

    def _plain_connection(self) -> redis.Redis:
        return redis.Redis(
            connection_pool=self._with_database(redis.ConnectionPool.from_url(self._url, **options(self._settings)))
        )

    def _with_database(self, pool: Pool) -> Pool:
        if self._settings.redis_db is not None:
            pool.connection_kwargs["db"] = self._settings.redis_db  # above the URL's own
        return pool

    def _doubt(self, key: str) -> None:
        self.trust.unwritten(key)
        self._remover.wake()

    def _skips(self, steps: Sequence[Script | Read]) -> bool:
        if self.trust.worth_a_try():
            return False
        for step in steps:
            if isinstance(step, Mark | Put):
                self._doubt(step.key)
        return True

    def _failed(self, step: Script | Read, error: BaseException) -> Seen | None:
        if isinstance(error, RedisTimeoutError | asyncio.TimeoutError):
            self.trust.timed_out()
        if isinstance(step, Mark | Put) and not isinstance(error, ResponseError):
            self._doubt(step.key)
        self._outages.failed(step, error)
        return NOTHING if isinstance(step, Read) else None

    def _doubt_refused(self, steps: Sequence[Script], answers: Sequence[Any]) -> None:
        for step, answer in zip(steps, answers, strict=True):
            if isinstance(answer, ResponseError):
                self.trust.unwritten(step.key)

    def _answered(self, step: Script, answer: Any) -> int | None:
        """What a step of several was answered."""
        if isinstance(answer, ResponseError):
            self._failed(step, answer)
            return None
        self._outages.succeeded(step)
        return int(answer) if isinstance(step, Lease) else None

    def _nothing_of(self, steps: Sequence[Script], error: BaseException) -> list[int | None]:
        for step in steps:
            self._failed(step, error)
        return [None] * len(steps)

    def _seen(self, key: str, fields: Mapping[str, str]) -> Seen:
        return Seen(fields if self.trust.believes(key, fields) else None, fields)
