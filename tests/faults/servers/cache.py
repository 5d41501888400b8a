"""Redis is emptied, ended, frozen, filled up, made a replica, cut off, while bots write and read."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import redis

from tests.faults.crowd.crowd import work_through
from tests.faults.scenario import Run
from tests.faults.servers.postgres import ledger
from tests.free_port import free_port
from tests.proxy import Proxy, connector
from tests.redis_server import RedisServer

# docs/cache.md: a writer that cannot announce may leave a former position to readers, for no longer than this.
_TRUST = 1.0
_SLOWNESS = 1.0  # of a machine that is busy


def cache(run: Run) -> None:
    """Whatever happens to Redis, no write fails, and no read is older than an entry is trusted."""
    port = free_port()
    with (
        ledger(run) as (url, _),
        tempfile.TemporaryDirectory() as directory,
        RedisServer(Path(directory), port) as server,
        Proxy(connector("127.0.0.1", port)) as proxy,
    ):
        faults = {
            "caches emptied": lambda _: _emptied(server),
            "kills of Redis": lambda _: _killed(server, run.random),
            "freezes of Redis": lambda _: _frozen(server, run.random),
            "times without memory": lambda _: _full(server),
            "evictions": lambda _: _evicting(server),
            "times as a replica": lambda _: _replica(server),
            "cuts from Redis": lambda _: _cut(proxy),
        }
        trust = {"LEDGER_CACHE_TRUST": str(_TRUST)}
        through = f"redis://127.0.0.1:{proxy.port}/0"
        work_through(run, (url, through), faults, lag=_TRUST + _SLOWNESS, environment=trust)


def _emptied(server: RedisServer) -> None:
    with server.client() as client:
        client.flushall()


def _killed(server: RedisServer, random: Random) -> None:
    """With what it saved last, which is old, or with nothing."""
    if random.random() < 0.5:
        server.save()
        time.sleep(0.1)
    server.kill()
    server.start()


def _frozen(server: RedisServer, random: Random) -> None:
    server.freeze()
    time.sleep(random.uniform(0.1, 0.8))
    server.thaw()


@contextmanager
def _memory(server: RedisServer, policy: str, limit: int) -> Iterator[redis.Redis]:
    with server.client() as client:
        client.config_set("maxmemory-policy", policy)
        client.config_set("maxmemory", str(limit))
        try:
            yield client
        finally:
            client.config_set("maxmemory", "0")


def _full(server: RedisServer) -> None:
    with _memory(server, "noeviction", 1):
        time.sleep(0.3)


def _evicting(server: RedisServer) -> None:
    with _memory(server, "allkeys-random", 3_000_000) as client:
        for number in range(400):
            client.set(f"junk{number}", "x" * 5000)
            time.sleep(0.0005)


def _replica(server: RedisServer) -> None:
    """Read-only, of a master that is not there, with the entries that it had."""
    with server.client() as client:
        client.replicaof("127.0.0.1", 1)
        time.sleep(0.3)
        client.replicaof("NO", "ONE")


def _cut(proxy: Proxy) -> None:
    proxy.refuses = True
    proxy.cut()
    time.sleep(0.3)
    proxy.refuses = False
