"""What the cache holds, that it only goes forwards, and that whatever is wrong in it is never what a bot reads."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import redis

import ledger.cache
from ledger import LedgerClient, Position
from tests.clients import KINDS
from tests.fills import SYMBOL, fill, moment

KEY = f"position:bot:{SYMBOL}"
OpenClient = Callable[..., LedgerClient]


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest, opened: OpenClient, database_url: str, redis_url: str) -> LedgerClient:
    return opened(request.param, "bot", account="main", database_url=database_url, redis_url=redis_url)


@pytest.fixture
def other(opened: OpenClient, database_url: str, redis_url: str) -> LedgerClient:
    """The same bot in another place."""
    return opened("blocking", "bot", account="main", database_url=database_url, redis_url=redis_url)


@pytest.fixture
def server(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url, decode_responses=True) as connected:
        yield connected


def sizes(*positions: Position) -> list[Decimal]:
    return [position.size for position in positions]


def test_the_hash_that_bots_read(client: LedgerClient, server: Any) -> None:
    before = datetime.now(UTC)
    client.record_fill(**fill("e1", qty=100, price=50000))
    client.record_fill(**fill("e2", qty="50.50", price=51000, at=1))
    found = server.hgetall(KEY)
    average = client.get_position(SYMBOL).avg_entry_price
    assert average is not None
    assert (found["size"], found["side"], found["book_seq"]) == ("150.5", "Buy", "2")
    assert Decimal(found["avg_price"]) == average
    assert "E" not in found["avg_price"]
    assert before <= datetime.fromisoformat(found["updated_at"]) <= datetime.now(UTC)
    client.record_fill(**fill("e3", "Sell", qty=200, at=2))
    assert server.hgetall(KEY)["side"] == "Sell"
    client.record_fill(**fill("e4", "Buy", qty="49.5", at=3))
    found = server.hgetall(KEY)
    assert (found["size"], found["side"], found["avg_price"], found["book_seq"]) == ("0", "None", "0", "4")


def test_keys_of_books_differ(client: LedgerClient, server: Any) -> None:
    books: list[tuple[str, dict[str, Any]]] = [
        (KEY, {}),
        (f"position:bot:inverse:{SYMBOL}:0", {"category": "inverse"}),
        (f"position:bot:spot:{SYMBOL}:0", {"category": "spot"}),
        (f"position:bot:linear:{SYMBOL}:1", {"position_idx": 1}),
        (f"position:bot:linear:{SYMBOL}:2", {"position_idx": 2}),
    ]
    for number, (key, book) in enumerate(books):
        side = "Sell" if book.get("position_idx") == 2 else "Buy"
        client.record_fill(**fill(f"e{number}", side, qty=number + 1, **book))
        assert server.hget(key, "size") == str(number + 1)
    assert set(server.keys("*")) == {key for key, _ in books}
    for number, (_, book) in enumerate(books):
        assert client.get_position(SYMBOL, **book).size == number + 1


def test_books_that_sound_alike_have_keys_of_their_own(client: LedgerClient) -> None:
    client.record_fill(**fill("e1", symbol=f"spot:{SYMBOL}:0", qty=7))
    client.record_fill(**fill("e2", category="spot", qty=3))
    for _ in range(2):
        assert client.get_position(f"spot:{SYMBOL}:0").size == 7
        assert client.get_position(SYMBOL, category="spot").size == 3


def test_reads_come_from_the_cache_and_say_the_same(client: LedgerClient, server: Any) -> None:
    client.record_fill(**fill("e1", qty="0.30", price="1.10", commission="0.012"))
    client.record_fill(**fill("e2", "Sell", qty="0.1", price="1.2", at=1))
    client.get_position(SYMBOL)
    # Told apart from PostgreSQL's answer by a value that only the cache has.
    server.hset(KEY, "entries", "77")
    cached = client.get_position(SYMBOL)
    assert cached.entries == 77
    stored = client.get_current_position_summary(SYMBOL)
    assert stored is not None
    assert {**dict(cached), "entries": 1} == dict(stored)


def test_flushall_is_repaired_by_the_next_read(client: LedgerClient, server: Any) -> None:
    client.record_fill(**fill("e1", qty=2))
    for _ in range(3):
        server.flushdb()
        assert client.get_position(SYMBOL).size == 2
        assert server.hget(KEY, "size") == "2"
    assert client.get_position("NOTHINGUSDT").side == "None"


def test_an_evicted_entry_is_repaired(client: LedgerClient, server: Any) -> None:
    client.record_fill(**fill("e1", qty=2))
    server.unlink(KEY)
    assert client.get_position(SYMBOL).size == 2
    for name in ("size", "side", "avg_price", "book_seq", "written_at", "symbol", "entries"):
        server.hdel(KEY, name)
        assert client.get_position(SYMBOL).size == 2, name
        assert client.get_position_redis(SYMBOL)["size"] == "2", name


GARBAGE = ("x", "NaN", "sNaN", "-Infinity", "1e9999999999", "\0", "-", '{"a": 1}')


@pytest.mark.parametrize("name", ["size", "avg_price", "book_seq", "written_at", "entries", "first_entry_time", "cost"])
def test_garbage_in_a_field_is_not_read_and_repaired(client: LedgerClient, server: Any, name: str) -> None:
    client.record_fill(**fill("e1", qty=2))
    position = client.get_current_position_summary(SYMBOL)
    for value in GARBAGE:
        client.get_position(SYMBOL)
        server.hset(KEY, name, value)
        assert client.get_position(SYMBOL) == position, value
        assert client.get_position(SYMBOL) == position, value
    client.record_fill(**fill("e2", at=1))
    assert client.get_position(SYMBOL).size == 3
    assert server.hget(KEY, "size") == "3"


def test_another_position_in_the_place_of_ours_is_not_read(client: LedgerClient, server: Any) -> None:
    client.record_fill(**fill("e1", qty=2))
    client.record_fill(**fill("e2", qty=5, symbol="ETHUSDT"))
    server.copy("position:bot:ETHUSDT", KEY, replace=True)
    assert client.get_position(SYMBOL).size == 2
    assert client.get_position(SYMBOL).symbol == SYMBOL


def test_another_type_at_the_key_is_replaced(client: LedgerClient, other: LedgerClient, server: Any) -> None:
    client.record_fill(**fill("e1", qty=2))
    for number, put in enumerate((server.set, server.rpush, server.sadd), 2):
        server.delete(KEY)
        put(KEY, "x")
        assert client.get_position(SYMBOL).size == number
        server.delete(KEY)
        put(KEY, "x")
        client.record_fill(**fill(f"e{number}", at=number))
        assert other.get_position(SYMBOL).size == number + 1
        assert client.get_position(SYMBOL).size == number + 1
        assert server.type(KEY) == "hash"


def test_trouble_with_one_key_does_not_spread(client: LedgerClient, other: LedgerClient, server: Any) -> None:
    for number in (1, 2):
        client.record_fill(**fill(f"e{number}", symbol=f"A{number}USDT"))
    for _ in range(2):
        other.get_position("A2USDT")
    server.set("position:bot:A3USDT", "x")
    client.get_position("A3USDT")
    client.record_fill(**fill("e3", symbol="A2USDT", at=1))
    assert other.get_position("A2USDT").size == 2


def test_a_stale_writer_loses(client: LedgerClient, server: Any) -> None:
    """An older position that comes late: the whole hash of then is put back, as a slow writer would."""
    client.record_fill(**fill("e1", qty=2))
    first = server.hgetall(KEY)
    client.record_fill(**fill("e2", at=1))
    mark, script = (
        server.script_load((Path(ledger.cache.__file__).parent / name).read_text(encoding="utf-8"))
        for name in ("mark.lua", "put.lua")
    )
    pairs = [part for name, value in first.items() if name not in {"book_seq", "written_at"} for part in (name, value)]
    server.evalsha(mark, 1, KEY, "late", 60_000)
    server.evalsha(script, 1, KEY, "late", "", first["book_seq"], *pairs)
    assert (server.hget(KEY, "size"), server.hget(KEY, "book_seq")) == ("3", "2")
    server.evalsha(mark, 1, KEY, "new", 60_000)
    server.evalsha(script, 1, KEY, "new", "", "3", *pairs)
    assert (server.hget(KEY, "size"), server.hget(KEY, "book_seq")) == ("2", "3")


def test_update_position_redis_cannot_contradict_the_ledger(
    client: LedgerClient, other: LedgerClient, server: Any
) -> None:
    client.record_fill(**fill("e1", qty=2, price=100))
    client.update_position_redis(SYMBOL, 999, "Sell", 1, unrealized_pnl="12.340")
    assert (server.hget(KEY, "size"), server.hget(KEY, "side"), server.hget(KEY, "avg_price")) == ("2", "Buy", "100")
    assert client.get_position(SYMBOL).size == 2
    for number in range(2, 4):
        found = client.get_position_redis(SYMBOL)
        assert (found["unrealized_pnl"], found["size"], found["side"]) == ("12.34", str(number), "Buy")
        assert other.get_position_redis(SYMBOL) == found
        client.record_fill(**fill(f"e{number}", at=number))
    client.update_position_redis(SYMBOL, 0)
    assert client.get_position_redis(SYMBOL)["unrealized_pnl"] == "12.34"
    client.update_position_redis(SYMBOL, 0, unrealized_pnl=-0.5)
    assert client.get_position_redis(SYMBOL)["unrealized_pnl"] == "-0.5"
    server.flushdb()
    client.update_position_redis(SYMBOL, 5, "Sell")
    assert server.hget(KEY, "size") == "4" == client.get_position_redis(SYMBOL)["size"]


def test_without_redis_the_same_methods_answer(opened: OpenClient, database_url: str) -> None:
    for kind in KINDS:
        client = opened(kind, "bot", account="main", database_url=database_url)
        client.record_fill(**fill("e1", qty=2))
        client.update_position_redis(SYMBOL, 1, unrealized_pnl=3)
        assert client.get_position(SYMBOL).size == 2
        assert client.get_position_redis(SYMBOL)["size"] == "2"


def test_each_database_of_redis_has_its_own(opened: OpenClient, database_url: str, redis_url: str) -> None:
    numbered = opened("blocking", "bot", database_url=database_url, redis_url=redis_url, redis_db=7)
    numbered.record_fill(**fill("e1"))
    with redis.Redis.from_url(redis_url, decode_responses=True) as server:
        assert server.dbsize() == 0
    pool = redis.ConnectionPool.from_url(redis_url, decode_responses=True)
    pool.connection_kwargs["db"] = 7
    with redis.Redis.from_pool(pool) as server:
        assert server.hget(KEY, "size") == "1"
        server.delete(KEY)


def test_late_fills_batches_and_cash_reach_the_cache(client: LedgerClient, other: LedgerClient, server: Any) -> None:
    client.record_fills([fill("e1", qty=3), fill("e3", "Sell", at=3), fill("o1", symbol="ETHUSDT", qty=4)])
    assert sizes(other.get_position(SYMBOL), other.get_position("ETHUSDT")) == [2, 4]
    client.record_fill(**fill("e2", at=2, qty="0.5"))
    client.record_fill(**fill("f", exec_type="Funding", commission=1, at=4))
    client.record_fill(**fill(None, at=5, order_id="o7", qty=2))
    client.record_fill(**fill("e7", at=5, order_id="o7", qty="1.5"))
    for _ in range(2):
        assert other.get_position(SYMBOL).size == client.position_as_of(SYMBOL, moment(9)).size == Decimal("4.5")
    assert server.hget(KEY, "size") == "4.5"
    assert "pending" not in server.hgetall(KEY)


def test_a_refused_batch_leaves_no_old_value_of_the_books_that_were_written(
    client: LedgerClient, other: LedgerClient
) -> None:
    client.record_fills([fill("e1"), fill("e2", symbol="ETHUSDT")])
    for _ in range(2):
        assert other.get_position(SYMBOL).size == 1
    with pytest.raises(Exception, match="e2"):
        client.record_fills([fill("e3", at=1), fill("e2", symbol="ETHUSDT", qty=9)])
    assert client.get_current_position_summary(SYMBOL) is not None
    for reader in (other, client):
        assert reader.get_position(SYMBOL).size == 2
        assert reader.get_position("ETHUSDT").size == 1


def test_a_fill_that_belongs_to_another_bot_reaches_that_one_s_entry(
    client: LedgerClient, opened: OpenClient, database_url: str, redis_url: str
) -> None:
    options = {"account": "main", "database_url": database_url, "redis_url": redis_url}
    owner = opened("blocking", "owner", **options)
    reader = opened("blocking", "owner", **options)
    owner.record_fill(**fill("e1", order_id="of-owner", qty=4))
    owner.record_fill(**fill(None, order_id="whole", qty=2, at=1))
    for _ in range(2):
        assert reader.get_position(SYMBOL).size == 6
    client.record_fill(**fill("e2", order_id="of-owner", at=2))
    assert sizes(reader.get_position(SYMBOL), client.get_position(SYMBOL)) == [7, 0]
    client.record_fill(**fill("e3", client_order_id="owner-in-123456789", at=3))
    assert reader.get_position(SYMBOL).size == 8
    client.record_fills([fill("e4", order_id="of-owner", at=4), fill("e5", at=4)])
    assert sizes(reader.get_position(SYMBOL), client.get_position(SYMBOL)) == [9, 1]
    # An execution that the client order id gives to another bot takes the place of the owner's whole order.
    client.record_fill(**fill("e6", order_id="whole", client_order_id="bot-in-123456789", at=5))
    stored = reader.get_current_position_summary(SYMBOL)
    assert stored is not None
    assert reader.get_position(SYMBOL).size == stored.total_qty == 8
