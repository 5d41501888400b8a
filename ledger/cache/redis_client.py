"""Carries out cache steps on Redis, blocking or awaiting. Redis failing is logged, never raised."""

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import redis
import redis.asyncio as aioredis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from ledger.cache.outage import Outages
from ledger.cache.remover import Remover
from ledger.cache.steps import CacheStep, Lease, Mark, Put, Read, Seen
from ledger.cache.trust import Trust
from ledger.errors import ConfigurationError
from ledger.settings import Settings

_SCRIPTS = {
    step: (Path(__file__).parent / f"{step.__name__.lower()}.lua").read_text(encoding="utf-8")
    for step in (Mark, Lease, Put)
}
_FAILURES = (RedisError, OSError, asyncio.TimeoutError)
_NOTHING = Seen(None, {})
Answer = Seen | int | None
Pool = TypeVar("Pool", redis.ConnectionPool, aioredis.ConnectionPool)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "decode_responses": True,
        "socket_timeout": settings.cache_timeout,
        "socket_connect_timeout": settings.cache_timeout,
    }


def _arguments(step: Mark | Lease | Put, deadline_ms: int) -> list[str | int]:
    if not isinstance(step, Put):
        return [step.token, deadline_ms]
    pairs = [part for item in (step.fields or {}).items() for part in item]
    return [step.token, "" if step.leased_at is None else step.leased_at, step.book_seq, *pairs]


def _redis_ms(time: tuple[Any, Any]) -> int:
    return int(time[0]) * 1000 + int(time[1]) // 1000


@contextlib.contextmanager
def _keeping_cancellations() -> Iterator[None]:
    """Raises the cancellation of the task that arrived inside and got lost there.

    redis-py sends in asyncio.wait_for, which up to Python 3.11 drops a cancellation that comes with the end of what it
    waits for: who cancels a task and waits for its end would wait for ever.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    yield
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError


class _Shared:
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
            connection_pool=self._with_database(redis.ConnectionPool.from_url(self._url, **_options(self._settings)))
        )

    def _with_database(self, pool: Pool) -> Pool:
        if self._settings.redis_db is not None:
            pool.connection_kwargs["db"] = self._settings.redis_db  # above the URL's own
        return pool

    def _doubt(self, key: str) -> None:
        self.trust.unwritten(key)
        self._remover.wake()

    def _skips(self, step: CacheStep) -> bool:
        if self.trust.worth_a_try():
            return False
        if isinstance(step, Mark | Put):
            self._doubt(step.key)
        return True

    def _failed(self, step: CacheStep, error: BaseException) -> Answer:
        if isinstance(error, RedisTimeoutError | asyncio.TimeoutError):
            self.trust.timed_out()
        if isinstance(step, Mark | Put) and not isinstance(error, ResponseError):
            self._doubt(step.key)
        self._outages.failed(step, error)
        return _NOTHING if isinstance(step, Read) else None

    def _seen(self, key: str, fields: Mapping[str, str]) -> Seen:
        return Seen(fields if self.trust.believes(key, fields) else None, fields)


class Cache(_Shared):
    """The blocking cache. Connects at first use, and anew in a forked child."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._pid = 0
        self._redis: redis.Redis | None = None

    def run(self, step: CacheStep) -> Answer:
        """Carries out a step; without Redis it comes to nothing."""
        if self._skips(step):
            return _NOTHING if isinstance(step, Read) else None
        try:
            answer = self._run(self._connect(), step)
        except _FAILURES as error:
            return self._failed(step, error)
        self._outages.succeeded(step)
        return answer

    def _run(self, server: redis.Redis, step: CacheStep) -> Answer:
        self._remove_doubted(server)
        try:
            return self._carry_out(server, step)
        except ResponseError:
            # Redis is there but refuses to work on this entry (another type, out of memory). Removing it works
            # even then, and must be done before anything commits.
            self.trust.unwritten(step.key)
            self._remove_doubted(server)
            raise

    def _remove_doubted(self, server: redis.Redis) -> None:
        if doubted := self.trust.take_unwritten():
            server.unlink(*doubted)
            self.trust.removed(doubted)

    def _carry_out(self, server: redis.Redis, step: CacheStep) -> Answer:
        if isinstance(step, Read):
            return self._seen(step.key, cast(dict[str, str], server.hgetall(step.key)))
        answer = self._scripts[type(step)](keys=[step.key], args=_arguments(step, self._deadline_ms))
        return int(cast(int, answer)) if isinstance(step, Lease) else None

    def _connect(self) -> redis.Redis:
        if self._redis is None or self._pid != os.getpid():
            self._pid = os.getpid()
            pool = redis.ConnectionPool.from_url(
                self._url,
                **_options(self._settings),
                retry=Retry(NoBackoff(), 1),
                redis_connect_func=self._on_connect,
            )
            self._redis = redis.Redis(connection_pool=self._with_database(pool))
            self._scripts = {step: self._redis.register_script(text) for step, text in _SCRIPTS.items()}
        return self._redis

    def _on_connect(self, connection: Any) -> None:
        connection.on_connect()
        connection.send_command("TIME")
        self.trust.connected(_redis_ms(connection.read_response()))

    def close(self) -> None:
        """Closes the connections."""
        self._remover.close()
        if self._redis is not None and self._pid == os.getpid():
            with contextlib.suppress(*_FAILURES):
                self._redis.connection_pool.disconnect()
        self._redis = None


class AsyncCache(_Shared):
    """The awaiting cache. Connects at first use, and anew in another event loop or a forked child."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._redis: aioredis.Redis | None = None

    async def run(self, step: CacheStep) -> Answer:
        """Carries out a step; without Redis it comes to nothing."""
        if self._skips(step):
            return _NOTHING if isinstance(step, Read) else None
        try:
            with _keeping_cancellations():
                answer = await self._run(self._connect(), step)
        except _FAILURES as error:
            return self._failed(step, error)
        self._outages.succeeded(step)
        return answer

    async def _run(self, server: aioredis.Redis, step: CacheStep) -> Answer:
        await self._remove_doubted(server)
        try:
            return await self._carry_out(server, step)
        except ResponseError:  # see Cache
            self.trust.unwritten(step.key)
            await self._remove_doubted(server)
            raise

    async def _remove_doubted(self, server: aioredis.Redis) -> None:
        if doubted := self.trust.take_unwritten():
            await cast(Any, server.unlink(*doubted))
            self.trust.removed(doubted)

    async def _carry_out(self, server: aioredis.Redis, step: CacheStep) -> Answer:
        if isinstance(step, Read):
            return self._seen(step.key, await cast(Any, server.hgetall(step.key)))
        answer = await self._scripts[type(step)](keys=[step.key], args=_arguments(step, self._deadline_ms))
        return int(cast(int, answer)) if isinstance(step, Lease) else None

    def _connect(self) -> aioredis.Redis:
        home = (os.getpid(), asyncio.get_running_loop())
        if self._redis is None or self._home != home:
            self._home = home
            pool = aioredis.ConnectionPool.from_url(
                self._url,
                **_options(self._settings),
                retry=aioredis.retry.Retry(NoBackoff(), 1),
                redis_connect_func=self._on_connect,
            )
            self._redis = aioredis.Redis(connection_pool=self._with_database(pool))
            self._scripts = {step: self._redis.register_script(text) for step, text in _SCRIPTS.items()}
        return self._redis

    async def _on_connect(self, connection: Any) -> None:
        await connection.on_connect()
        await connection.send_command("TIME")
        self.trust.connected(_redis_ms(await connection.read_response()))

    async def close(self) -> None:
        """Closes the connections."""
        self._remover.close()
        if self._redis is not None and self._home == (os.getpid(), asyncio.get_running_loop()):
            with contextlib.suppress(*_FAILURES):
                await self._redis.connection_pool.disconnect()
        self._redis = None
