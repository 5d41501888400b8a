"""Redis gone, frozen, full, restarted with old data, cut off; writers killed: no read is wrong, no write fails."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from ledger import LedgerClient
from tests import workers
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.free_port import free_port
from tests.proxy import Proxy, connector, postgres_connector
from tests.redis_server import RedisServer
from tests.statements import statement

KEY = f"position:bot:{SYMBOL}"
SPAWN = multiprocessing.get_context("spawn")
OpenClient = Callable[..., LedgerClient]


@pytest.fixture
def options(database_url: str, own_redis: RedisServer) -> dict[str, Any]:
    return {"account": "main", "database_url": database_url, "redis_url": own_redis.url}


@pytest.fixture
def redis_proxy(own_redis: RedisServer) -> Iterator[Proxy]:
    with Proxy(connector("127.0.0.1", int(own_redis.url.split(":")[2].split("/")[0]))) as proxy:
        yield proxy


def through(options: dict[str, Any], proxy: Proxy) -> dict[str, Any]:
    return {**options, "redis_url": f"redis://127.0.0.1:{proxy.port}/0"}


def size(client: LedgerClient, symbol: str = SYMBOL) -> int:
    return int(client.get_position(symbol).size)


def trusting(client: LedgerClient, redis_server: RedisServer) -> None:
    """Sees to it that the client answers from the cache: by a value that PostgreSQL does not have."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        client.get_position(SYMBOL)
        with redis_server.client() as server:
            entries = server.hget(KEY, "entries")
            server.hset(KEY, "entries", "77")
            found = client.get_position(SYMBOL).entries
            server.hset(KEY, "entries", str(entries or 0))
        if found == 77:
            return
        time.sleep(0.05)
    pytest.fail("the client does not use the cache")


@pytest.mark.parametrize("kind", KINDS)
def test_server_gone(kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer) -> None:
    client, reader = opened(kind, "bot", **options), opened(kind, "bot", **options)
    client.record_fill(**fill("e0"))
    trusting(reader, own_redis)
    own_redis.kill()
    started = time.monotonic()
    for number in range(1, 21):
        client.record_fill(**fill(f"e{number}", at=number))
        assert size(client) == size(reader) == number + 1
        assert client.get_position_redis(SYMBOL)["size"] == str(number + 1)
    client.update_position_redis(SYMBOL, 1, unrealized_pnl=1)
    assert time.monotonic() - started < 4
    own_redis.start()
    assert size(reader) == size(client) == 21
    trusting(reader, own_redis)
    assert own_redis.hash(KEY)["size"] == "21"


@pytest.mark.parametrize("kind", KINDS)
def test_restart_with_old_data(kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer) -> None:
    writer, other, idle = (opened(kind, "bot", **options) for _ in range(3))
    for number, reader in enumerate((writer, other, idle, None), 1):
        writer.record_fill(**fill(f"old{number}", at=number * 2))
        for client in (writer, other):
            trusting(client, own_redis)
        own_redis.save()
        writer.record_fill(**fill(f"new{number}", at=number * 2 + 1))
        own_redis.kill()
        own_redis.start()
        assert own_redis.hash(KEY)["size"] == str(number * 2 - 1), "the old data are not there"
        assert size(reader or opened(kind, "bot", **options)) == number * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_writer_killed_between_commit_and_cache(
    kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer, redis_proxy: Proxy
) -> None:
    reader = opened(kind, "bot", **options)
    reader.record_fill(**fill("e1"))
    trusting(reader, own_redis)
    redis_proxy.holds = b"avg_price"  # only a position that is written has it
    # The announcement runs out 5 s after the writer's own time limits, which are short.
    limits = {"LEDGER_CACHE_TIMEOUT": "60", "LEDGER_RETRY_TIMEOUT": "0", "LEDGER_STATEMENT_TIMEOUT": "0.5"}
    writer = SPAWN.Process(
        target=workers.record,
        args=(through(options, redis_proxy), [fill("e2", at=1)], {**limits, "LEDGER_CONNECT_TIMEOUT": "0.5"}),
    )
    writer.start()
    assert redis_proxy.held.wait(30)
    writer.kill()
    writer.join()
    assert own_redis.hash(KEY)["size"] == "1", "the cache was written after all"
    for client in (reader, opened(kind, "bot", **options)):
        assert size(client) == 2
        assert size(client) == 2
        assert client.get_position_redis(SYMBOL)["size"] == "2"
    reader.record_fill(**fill("e3", at=2))
    assert size(reader) == 3
    until = time.monotonic() + 10
    while "pending" in own_redis.hash(KEY) and time.monotonic() < until:
        assert size(reader) == 3
        time.sleep(0.2)
    trusting(reader, own_redis)


@pytest.mark.parametrize("kind", KINDS)
def test_a_writer_killed_before_its_commit(
    kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer, database_url: str
) -> None:
    reader = opened(kind, "bot", **options)
    reader.record_fill(**fill("e1"))
    with Proxy(postgres_connector(database_url)) as proxy:
        proxy.holds = b"record_fill"
        through_proxy = {**options, "database_url": proxy.postgres_url(database_url)}
        writer = SPAWN.Process(target=workers.record, args=(through_proxy, [fill("e2", at=1)], {}))
        writer.start()
        assert proxy.held.wait(30)
        assert "pending" in own_redis.hash(KEY)
        assert size(reader) == 1
        writer.kill()
        writer.join()
    assert size(reader) == 1
    reader.record_fill(**fill("e2", at=1))
    assert size(reader) == 2


def test_readers_do_not_trust_what_is_being_written(
    opened: OpenClient, options: dict[str, Any], own_redis: RedisServer, connection: psycopg.Connection[Any]
) -> None:
    """A write that waits in PostgreSQL: readers get what is committed, before and at once after."""
    writer, reader = opened("blocking", "bot", **options), opened("blocking", "bot", **options)
    writer.record_fill(**fill("e1"))
    trusting(reader, own_redis)
    with connection.transaction():
        connection.execute(statement("server/lock_books"))
        thread = threading.Thread(target=lambda: writer.record_fill(**fill("e2", at=1)))
        thread.start()
        until = time.monotonic() + 10
        while "pending" not in own_redis.hash(KEY) and time.monotonic() < until:
            time.sleep(0.01)
        with own_redis.client() as server:
            server.hset(KEY, "entries", "77")
        assert (size(reader), reader.get_position(SYMBOL).entries) == (1, 1)
    thread.join()
    assert size(reader) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_server_slows_nobody_down_for_long_and_misleads_nobody(
    kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer
) -> None:
    client, reader = opened(kind, "bot", **options), opened(kind, "bot", **options)
    client.record_fill(**fill("e0"))
    trusting(reader, own_redis)
    own_redis.freeze()
    try:
        started = time.monotonic()
        for number in range(1, 6):
            client.record_fill(**fill(f"e{number}", at=number))
            assert size(client) == number + 1
        assert time.monotonic() - started < 5
    finally:
        own_redis.thaw()
    assert size(reader) == 6
    assert size(client) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_an_idle_reader_is_told_of_what_was_written_while_redis_was_frozen(
    kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer
) -> None:
    """The writer, idle too from then on, takes out of Redis what it could not announce there."""
    writer, reader = opened(kind, "bot", **options), opened(kind, "bot", **options)
    symbols = ("AUSDT", "BUSDT", "CUSDT")
    for symbol in symbols:
        writer.record_fill(**fill(f"{symbol}-1", symbol=symbol))
        assert reader.get_position(symbol).size == reader.get_position(symbol).size == 1
    own_redis.freeze()
    try:
        for symbol in symbols:
            writer.record_fill(**fill(f"{symbol}-2", symbol=symbol, at=1))
    finally:
        own_redis.thaw()
    time.sleep(0.5)
    assert [reader.get_position(symbol).size for symbol in symbols] == [2, 2, 2]


@pytest.fixture
def _short_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_CACHE_TRUST", "2")


@pytest.mark.usefixtures("_short_trust")
@pytest.mark.parametrize("kind", KINDS)
def test_a_writer_that_was_cut_off_takes_back_what_it_could_not_say(
    kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer, redis_proxy: Proxy
) -> None:
    reader = opened(kind, "bot", **options)
    writer = opened(kind, "bot", **through(options, redis_proxy))
    writer.record_fill(**fill("e1"))
    trusting(reader, own_redis)
    redis_proxy.refuses = True
    redis_proxy.cut()
    assert writer.record_fill(**fill("e2", at=1)).position.size == 2
    cut_off = time.monotonic()
    assert size(writer) == 2
    # Whoever has no way to tell can only be waited for; for as long as an entry is trusted.
    while size(reader) != 2:
        assert time.monotonic() - cut_off < 2.5
        time.sleep(0.05)
    writer.record_fill(**fill("e3", at=2))
    redis_proxy.refuses = False
    time.sleep(1.1)
    # As soon as it is back, with whatever it does next, the old entry goes.
    writer.get_position("ETHUSDT")
    assert size(reader) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_memory_full(kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer) -> None:
    client, reader = opened(kind, "bot", **options), opened(kind, "bot", **options)
    client.record_fill(**fill("e1"))
    trusting(reader, own_redis)
    with own_redis.client() as server:
        server.config_set("maxmemory-policy", "noeviction")
        server.config_set("maxmemory", "1")
        for number in range(2, 5):
            client.record_fill(**fill(f"e{number}", at=number))
            assert size(reader) == size(client) == number
        server.config_set("maxmemory", "0")
    client.record_fill(**fill("e5", at=5))
    assert size(reader) == 5
    trusting(reader, own_redis)


def test_eviction(opened: OpenClient, options: dict[str, Any], own_redis: RedisServer) -> None:
    client, reader = opened("blocking", "bot", **options), opened("blocking", "bot", **options)
    symbols = [f"S{number}USDT" for number in range(20)]
    for number, symbol in enumerate(symbols, 1):
        client.record_fill(**fill(symbol, symbol=symbol, qty=number))
    with own_redis.client() as server:
        used: Any = server.info("memory")["used_memory"]
        server.config_set("maxmemory-policy", "allkeys-random")
        server.config_set("maxmemory", str(used + 200_000))
        for number in range(400):
            server.set(f"junk{number}", "x" * 2000)
        kept = sum(int(server.exists(f"position:bot:{symbol}")) for symbol in symbols)
        assert kept < 20, "nothing was evicted"
    for number, symbol in enumerate(symbols, 1):
        assert size(reader, symbol) == number
        client.record_fill(**fill(f"{symbol} more", symbol=symbol, at=1))
        assert size(reader, symbol) == size(client, symbol) == number + 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_only_replica(
    kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer, tmp_path: Any
) -> None:
    (tmp_path / "replica").mkdir()
    with own_redis.client() as server:
        server.config_set("repl-diskless-sync-delay", "0")
    port = own_redis.url.split(":")[2].split("/")[0]
    with RedisServer(tmp_path / "replica", free_port(), "--replicaof", "127.0.0.1", port) as replica:
        client = opened(kind, "bot", **{**options, "redis_url": replica.url})
        for number in range(1, 6):
            client.record_fill(**fill(f"e{number}", at=number))
            assert size(client) == number
        master = opened(kind, "bot", **options)
        master.record_fill(**fill("e6", at=6))
        with own_redis.client() as server:
            assert server.wait(1, 5000) == 1
        assert size(client) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_no_reader_sees_less_than_what_was_answered_before(
    kind: str, opened: OpenClient, options: dict[str, Any], own_redis: RedisServer
) -> None:
    """Writers in two processes, readers in threads, and a cache that is emptied now and then. Each fill buys 1."""
    told = SPAWN.Value("q", 0)
    fills = [fill(f"e{number}", at=number) for number in range(240)]
    writers = [SPAWN.Process(target=workers.record_and_tell, args=(options, fills[n::2], told)) for n in range(2)]
    for writer in writers:
        writer.start()
    wrong: list[Any] = []
    reads = [0, 0]

    def read(number: int, client: LedgerClient) -> None:
        while told.value < 240 and not wrong:
            floor = told.value
            position = client.get_position(SYMBOL)
            if position.book_seq < floor or position.size != position.book_seq:
                wrong.append((floor, position))
            reads[number] += 1

    threads = [
        threading.Thread(target=read, args=(number, opened(kind, "bot", **options))) for number in range(len(reads))
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    with own_redis.client() as server:
        while told.value < 240 and time.monotonic() < until and not wrong:
            time.sleep(0.02)
            server.flushall()
    for process in writers:
        process.join(60)
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert told.value == 240
    assert min(reads) > 10
    assert size(opened(kind, "bot", **options)) == 240
