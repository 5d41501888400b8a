"""Carries out cache steps on Redis, blocking or awaiting. Redis failing is logged, never raised."""

import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, cast

import redis
import redis.asyncio as aioredis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from ledger.cache.shared import (
    FAILURES,
    NOTHING,
    SCRIPTS,
    Answer,
    One,
    Shared,
    arguments,
    options,
    portions,
    redis_ms,
)
from ledger.cache.steps import CacheStep, Lease, Read, Script, Together
from ledger.settings import Settings


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


class Cache(Shared):
    """The blocking cache. Connects at first use, and anew in a forked child."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._pid = 0
        self._redis: redis.Redis | None = None

    def run(self, step: CacheStep) -> Answer:
        """Carries out a step; without Redis it comes to nothing."""
        if isinstance(step, Together):
            return [one for portion in portions(step.steps) for one in self._together(portion)]
        if self._skips((step,)):
            return NOTHING if isinstance(step, Read) else None
        try:
            answer = self._run(self._connect(), step)
        except FAILURES as error:
            return self._failed(step, error)
        self._outages.succeeded(step)
        return answer

    def _together(self, steps: Sequence[Script]) -> list[int | None]:
        if len(steps) == 1:  # a pipeline asks first whether the scripts are there
            return [cast(int | None, self.run(steps[0]))]
        if self._skips(steps):
            return [None] * len(steps)
        try:
            answers = self._pipelined(self._connect(), steps)
        except FAILURES as error:
            return self._nothing_of(steps, error)
        return list(map(self._answered, steps, answers))

    def _pipelined(self, server: redis.Redis, steps: Sequence[Script]) -> list[Any]:
        self._remove_doubted(server)
        with server.pipeline(transaction=False) as pipeline:
            for step in steps:
                script, given = self._scripts[type(step)], arguments(step, self._deadline_ms)
                script(keys=[step.key], args=given, client=pipeline)
            answers = pipeline.execute(raise_on_error=False)
        self._doubt_refused(steps, answers)
        self._remove_doubted(server)  # as in `_run`
        return answers

    def _run(self, server: redis.Redis, step: Script | Read) -> One:
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

    def _carry_out(self, server: redis.Redis, step: Script | Read) -> One:
        if isinstance(step, Read):
            return self._seen(step.key, cast(dict[str, str], server.hgetall(step.key)))
        answer = self._scripts[type(step)](keys=[step.key], args=arguments(step, self._deadline_ms))
        return int(cast(int, answer)) if isinstance(step, Lease) else None

    def _connect(self) -> redis.Redis:
        if self._redis is None or self._pid != os.getpid():
            self._pid = os.getpid()
            pool = redis.ConnectionPool.from_url(
                self._url,
                **options(self._settings),
                retry=Retry(NoBackoff(), 1),
                redis_connect_func=self._on_connect,
            )
            self._redis = redis.Redis(connection_pool=self._with_database(pool))
            self._scripts = {step: self._redis.register_script(text) for step, text in SCRIPTS.items()}
        return self._redis

    def _on_connect(self, connection: Any) -> None:
        connection.on_connect()
        connection.send_command("TIME")
        self.trust.connected(redis_ms(connection.read_response()))

    def close(self) -> None:
        """Closes the connections."""
        self._remover.close()
        if self._redis is not None and self._pid == os.getpid():
            with contextlib.suppress(*FAILURES):
                self._redis.connection_pool.disconnect()
        self._redis = None


class AsyncCache(Shared):
    """The awaiting cache. Connects at first use, and anew in another event loop or a forked child."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._redis: aioredis.Redis | None = None

    async def run(self, step: CacheStep) -> Answer:
        """Carries out a step; without Redis it comes to nothing."""
        if isinstance(step, Together):
            return [one for portion in portions(step.steps) for one in await self._together(portion)]
        if self._skips((step,)):
            return NOTHING if isinstance(step, Read) else None
        try:
            with _keeping_cancellations():
                answer = await self._run(self._connect(), step)
        except FAILURES as error:
            return self._failed(step, error)
        self._outages.succeeded(step)
        return answer

    async def _together(self, steps: Sequence[Script]) -> list[int | None]:
        if len(steps) == 1:  # see Cache
            return [cast(int | None, await self.run(steps[0]))]
        if self._skips(steps):
            return [None] * len(steps)
        try:
            with _keeping_cancellations():
                answers = await self._pipelined(self._connect(), steps)
        except FAILURES as error:
            return self._nothing_of(steps, error)
        return list(map(self._answered, steps, answers))

    async def _pipelined(self, server: aioredis.Redis, steps: Sequence[Script]) -> list[Any]:
        await self._remove_doubted(server)
        async with server.pipeline(transaction=False) as pipeline:
            for step in steps:
                script, given = self._scripts[type(step)], arguments(step, self._deadline_ms)
                await script(keys=[step.key], args=given, client=pipeline)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        self._doubt_refused(steps, answers)
        await self._remove_doubted(server)  # as in `_run`
        return answers

    async def _run(self, server: aioredis.Redis, step: Script | Read) -> One:
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

    async def _carry_out(self, server: aioredis.Redis, step: Script | Read) -> One:
        if isinstance(step, Read):
            return self._seen(step.key, await cast(Any, server.hgetall(step.key)))
        answer = await self._scripts[type(step)](keys=[step.key], args=arguments(step, self._deadline_ms))
        return int(cast(int, answer)) if isinstance(step, Lease) else None

    def _connect(self) -> aioredis.Redis:
        home = (os.getpid(), asyncio.get_running_loop())
        if self._redis is None or self._home != home:
            self._home = home
            pool = aioredis.ConnectionPool.from_url(
                self._url,
                **options(self._settings),
                retry=aioredis.retry.Retry(NoBackoff(), 1),
                redis_connect_func=self._on_connect,
            )
            self._redis = aioredis.Redis(connection_pool=self._with_database(pool))
            self._scripts = {step: self._redis.register_script(text) for step, text in SCRIPTS.items()}
        return self._redis

    async def _on_connect(self, connection: Any) -> None:
        await connection.on_connect()
        await connection.send_command("TIME")
        self.trust.connected(redis_ms(await connection.read_response()))

    async def close(self) -> None:
        """Closes the connections."""
        self._remover.close()
        if self._redis is not None and self._home == (os.getpid(), asyncio.get_running_loop()):
            with contextlib.suppress(*FAILURES):
                await self._redis.connection_pool.disconnect()
        self._redis = None
