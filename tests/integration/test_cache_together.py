"""Many entries at once: what goes to the cache in pipelines is worth as much as one entry after the other."""

import logging
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from ledger import AsyncLedgerClient, LedgerClient
from tests.cancelling import cancelled_after
from tests.clients import KINDS
from tests.fills import fill
from tests.redis_server import RedisServer

OpenClient = Callable[..., LedgerClient]
SYMBOLS = [f"C{number:03d}USDT" for number in range(130)]  # more than one pipeline carries
BOOKS = list(range(1, len(SYMBOLS) + 1))


def entries(server: redis.Redis) -> dict[str, dict[str, str]]:
    """All that is cached, by symbol."""
    found: Any = {key: server.hgetall(key) for key in server.scan_iter("position:*", _type="hash")}
    return {key.rpartition(":")[2]: entry for key, entry in found.items()}


def batch(number: int) -> list[dict[str, Any]]:
    return [fill(f"e{number}:{symbol}", symbol=symbol, at=number) for symbol in SYMBOLS]


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_of_a_batch_and_of_a_refresh_is_stored(
    kind: str, opened: OpenClient, database_url: str, own_redis: RedisServer
) -> None:
    client = opened(kind, "bot", account="main", database_url=database_url, redis_url=own_redis.url)
    with own_redis.client() as server:
        client.record_fills(batch(1))
        for _ in range(2):
            found = entries(server)
            assert sorted(found) == SYMBOLS
            assert all(entry["size"] == "1" and "written_at" in entry for entry in found.values())
            assert not any({"pending", "readers"} & entry.keys() for entry in found.values())
            server.flushall()
            server.script_flush()
            assert [position.size for position in client.refresh_positions(BOOKS)] == [1] * len(SYMBOLS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_that_redis_refuses_keeps_none_of_the_others_back(
    kind: str, opened: OpenClient, database_url: str, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ledger")
    client = opened(kind, "bot", account="main", database_url=database_url, redis_url=own_redis.url)
    client.record_fills(batch(1))
    key = f"position:bot:{SYMBOLS[7]}"
    for number in (1, 2):
        with own_redis.client() as server:
            server.delete(key)
            server.set(key, "not a hash")
            if number == 1:
                client.refresh_positions(BOOKS)
            else:
                client.record_fills(batch(number))
            found = entries(server)
            assert not server.exists(key)
        assert sorted(found) == [symbol for symbol in SYMBOLS if symbol != SYMBOLS[7]]
        assert {entry["size"] for entry in found.values()} == {str(number)}
        assert client.get_position(SYMBOLS[7]).size == number
        assert f"Redis refuses the entry {key} (ResponseError); it is answered by PostgreSQL" in caplog.messages
        caplog.clear()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_silent_redis_was_not_told_is_removed_as_soon_as_it_answers(
    kind: str, opened: OpenClient, database_url: str, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ledger")
    client, idle = (
        opened(kind, "bot", account="main", database_url=database_url, redis_url=own_redis.url) for _ in range(2)
    )
    client.record_fills(batch(1))
    assert {idle.get_position(symbol).size for symbol in SYMBOLS} == {1}
    own_redis.freeze()
    client.record_fills(batch(2))
    assert [position.size for position in client.refresh_positions(BOOKS)] == [2] * len(SYMBOLS)
    own_redis.thaw()
    assert [message for message in caplog.messages if "Redis" in message][1:] in ([], ["Redis answers again"])
    until = time.monotonic() + 10
    with own_redis.client() as server:
        while any(entry.get("size") == "1" for entry in entries(server).values()):
            assert time.monotonic() < until, "old entries are still there"
            time.sleep(0.02)
    assert {idle.get_position(symbol).size for symbol in SYMBOLS} == {2}


async def test_no_cancellation_is_lost_and_no_answer_taken_for_another(database_url: str, redis_url: str) -> None:
    rng = random.Random(7)
    async with AsyncLedgerClient("bot", account="main", database_url=database_url, redis_url=redis_url) as client:
        await client.record_fills(batch(1))
        for _ in range(60):
            await cancelled_after(rng.random() * 0.03, lambda: client.refresh_positions(BOOKS))
            assert [(await client.get_position(symbol)).symbol for symbol in SYMBOLS[:3]] == SYMBOLS[:3]
