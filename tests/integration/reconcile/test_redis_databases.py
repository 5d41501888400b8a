"""A reconciliation that is told another database of Redis than the client's: no bot reads what is no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import redis

from ledger import LedgerClient
from ledger.cache import AsyncCache, AsyncCaches, Lease, Mark, Put, Together
from ledger.settings import load_settings
from reconcile import reconcile_positions_on_startup_sync
from reconcile.startup.client import RunClient
from tests.bybit_account import START
from tests.fills import fill
from tests.locks import blocked_backend, locked_books
from tests.reconciling import BOT, Desk, kinds, open_desk
from tests.redis_server import RedisServer

KEY = f"position:{BOT}:BTCUSDT"
BOTH = (0, 1)


@pytest.fixture
async def desk(database_url: str, own_redis: RedisServer) -> AsyncIterator[Desk]:
    async with open_desk(database_url, own_redis.url) as one:
        yield one


@contextmanager
def databases(server: RedisServer) -> Iterator[list[redis.Redis]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(redis.Redis.from_url(f"{server.url[:-1]}{number}", decode_responses=True))
            for number in BOTH
        ]


def entries(server: RedisServer) -> list[dict[str, Any]]:
    """The bot's entry in each database."""
    with databases(server) as found:
        return [one.hgetall(KEY) for one in found]  # type: ignore[misc]


def sizes(server: RedisServer) -> list[str | None]:
    """What each says, where it says anything that may be believed."""
    return [
        entry.get("size") if "written_at" in entry and "pending" not in entry else None for entry in entries(server)
    ]


async def test_what_a_run_changes_is_not_read_as_it_was(desk: Desk, own_redis: RedisServer) -> None:
    await desk.trade("Buy", "1")
    assert (await desk.client.get_position("BTCUSDT")).size == 1
    desk.order("Sell", "0.7")
    report = await desk.reconcile(redis_db=1)
    assert kinds(report) == [("reduced_while_down", BOT)]
    assert (await desk.client.get_position("BTCUSDT")).size == Decimal("0.3")
    assert sizes(own_redis) == ["0.3", "0.3"]
    desk.order("Sell", "0.3")
    await desk.reconcile(redis_db=1)
    assert (await desk.client.get_position("BTCUSDT")).size == 0
    assert sizes(own_redis) == ["0", "0"]


async def test_the_blocking_client_and_the_blocking_call(desk: Desk, own_redis: RedisServer) -> None:
    await desk.trade("Buy", "1")
    with LedgerClient(BOT, database_url=desk.database_url, redis_url=own_redis.url) as client:
        assert client.get_position("BTCUSDT").size == 1
        desk.order("Sell", "0.7")
        await asyncio.to_thread(
            reconcile_positions_on_startup_sync,
            bot_id=BOT,
            db_client=client,
            exchange_client=desk.account.exchange,
            redis_db=1,
            since=START,
        )
        assert client.get_position("BTCUSDT").size == Decimal("0.3")


@pytest.mark.parametrize("lost", BOTH)
async def test_both_are_restored(desk: Desk, own_redis: RedisServer, lost: int) -> None:
    await desk.trade("Buy", "1")
    await desk.reconcile(redis_db=1)
    with databases(own_redis) as found:
        found[lost].flushdb()
    await desk.reconcile(redis_db=1)
    assert sizes(own_redis) == ["1", "1"]


async def test_who_reuses_the_work_of_another_finds_its_own_cache_restored(desk: Desk, own_redis: RedisServer) -> None:
    await desk.trade("Buy", "1")
    desk.order("Sell", "0.7")
    reports = await asyncio.gather(desk.reconcile(), desk.reconcile(redis_db=1))
    assert sorted(report.reused for report in reports) == [False, True]
    assert sizes(own_redis) == ["0.3", "0.3"]


async def test_a_write_is_announced_in_both_before_it_commits(desk: Desk, own_redis: RedisServer) -> None:
    await desk.trade("Buy", "1")
    await desk.reconcile(redis_db=1)
    async with RunClient(BOT, desk.client.settings, 1) as client:
        await client.register()
        with (
            psycopg.connect(desk.database_url) as holder,
            psycopg.connect(desk.database_url, autocommit=True) as watcher,
        ):
            with locked_books(holder):
                writing = asyncio.ensure_future(client.record_fill(**fill("more", qty=2)))
                await asyncio.to_thread(blocked_backend, watcher, set())
                assert ["pending" in entry for entry in entries(own_redis)] == [True, True]
            await writing
    assert sizes(own_redis) == ["3", "3"]


async def test_the_same_database_under_its_number_is_one_cache(desk: Desk, own_redis: RedisServer) -> None:
    await desk.trade("Buy", "1")
    numbered = load_settings(database_url=desk.database_url, redis_url=f"{own_redis.url[:-1]}1")
    for exec_id, settings, number in (("e0", desk.client.settings, 0), ("e1", numbered, 1)):
        async with RunClient(BOT, settings, number) as client:
            await client.record_fill(**fill(exec_id))
    assert sizes(own_redis) == ["2", "3"]


async def test_a_cache_that_answers_no_lease_stores_nothing(own_redis: RedisServer) -> None:
    settings = load_settings(redis_url=own_redis.url, database_url="postgresql://")
    no_such = settings.model_copy(update={"redis_db": 99})
    for size, (one, other) in enumerate(((settings, no_such), (no_such, settings))):
        caches = AsyncCaches(AsyncCache(one), AsyncCache(other))
        try:
            leased_at = await caches.run(Lease(KEY, "reader"))
            assert isinstance(leased_at, int)
            near = pytest.approx(leased_at, abs=10_000)
            assert await caches.run(Together([Mark(KEY, "writer"), Lease(KEY, "late")])) == [None, near]
            await caches.run(Put(KEY, -1, None, "writer"))
            await caches.run(Put(KEY, size, {"size": str(size)}, "reader", leased_at))
        finally:
            await caches.close()
        assert sizes(own_redis)[0] == str(size)
