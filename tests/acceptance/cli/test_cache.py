"""verify looks at what readers of the cache believe."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import redis

from ledger import LedgerClient, Position
from ledger.cache import Cache, Lease, Mark, Put
from ledger.cache.audit import CacheAuditor, EntryState
from ledger.settings import load_settings
from tests.acceptance.cli.conftest import Shell, book_days
from tests.fills import fill
from tests.statements import statements

KEY = "position:beta:ETHUSDT"


@pytest.fixture
def cached(cli: Shell, database_url: str, redis_url: str) -> Iterator[redis.Redis]:
    """The cache of `book_days`, every position in it."""
    cli.set("LEDGER_REDIS_URL", redis_url)
    book_days(database_url, redis_url)
    with redis.Redis.from_url(redis_url, decode_responses=True) as connection:
        yield connection


def states(cli: Shell) -> dict[str, str]:
    return {book["symbol"]: book["cache"] for book in cli("verify", "--json").json["books"]}


def test_right_entries(cli: Shell, cached: redis.Redis) -> None:
    answer = cli("verify")

    assert answer.code == 0
    assert "cache: 3 right" in answer.out


def test_a_wrong_value_is_a_difference(cli: Shell, cached: redis.Redis) -> None:
    cached.hset(KEY, "size", "7")

    answer = cli("verify", "--json")

    assert answer.code == 1
    (wrong,) = (book for book in answer.json["books"] if not book["ok"])
    assert wrong["differences"] == [
        {"subject": "cache", "item": KEY, "field": "total_qty", "stored": "7", "derived": "2"}
    ]
    assert "The first difference" in cli("verify").out


def test_an_old_entry_that_readers_trust_is_a_difference(cli: Shell, cached: redis.Redis) -> None:
    cached.hset(KEY, "book_seq", "1")

    assert states(cli)["ETHUSDT"] == "wrong"


def test_an_entry_from_the_future_is_a_difference(cli: Shell, cached: redis.Redis) -> None:
    cached.hset(KEY, "book_seq", "99")

    assert states(cli)["ETHUSDT"] == "wrong"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"book_seq": "1", "written_at": "1"}, "untrusted"),
        ({"book_seq": "1", "written_at": "never"}, "untrusted"),
        ({"size": "7", "pending": "0123456789abcdef:9999999999999"}, "pending"),
        ({"size": "7", "written_at": "1"}, "untrusted"),  # wrong, but too old to be believed
        ({"book_seq": "99", "written_at": "1"}, "untrusted"),
        ({"size": "seven"}, "unreadable"),
        ({"book_seq": "seven"}, "unreadable"),
        ({"symbol": "BTCUSDT"}, "unreadable"),  # another book's
        ({"position_idx": "1"}, "unreadable"),
    ],
)
def test_what_no_reader_believes_is_no_difference(
    cli: Shell, cached: redis.Redis, change: dict[Any, Any], state: str
) -> None:
    cached.hset(KEY, mapping=change)

    answer = cli("verify")

    assert answer.code == 0
    assert f"1 {state}" in answer.out
    assert states(cli)["ETHUSDT"] == state


def test_absent_and_foreign_entries_are_no_difference(cli: Shell, cached: redis.Redis) -> None:
    cached.flushdb()
    cached.set(KEY, "something else")

    assert cli("verify").code == 0
    assert states(cli) == {"BTCUSD": "absent", "BTCUSDT": "absent", "ETHUSDT": "unreadable"}


def test_a_lease_alone_is_no_entry(cli: Shell, cached: redis.Redis) -> None:
    cached.delete(KEY)
    cached.hset(KEY, "readers", "0123456789abcdef:9999999999999")

    assert states(cli)["ETHUSDT"] == "absent"


def test_what_a_writer_without_its_mark_leaves_is_untrusted(
    cli: Shell, cached: redis.Redis, database_url: str, redis_url: str
) -> None:
    cached.hset(KEY, "size", "7")  # as if from a time long ago
    with closing(Cache(load_settings(database_url=database_url, redis_url=redis_url))) as cache:
        cache.run(Put(KEY, 2, {"size": "2"}, "0123456789abcdef"))

    assert states(cli)["ETHUSDT"] == "untrusted"


def test_the_database_number_counts_more_than_the_url_s(cli: Shell, cached: redis.Redis, redis_url: str) -> None:
    number = cached.connection_pool.connection_kwargs.get("db", 0)
    cli.set("LEDGER_REDIS_DB", str(number + 1))

    assert set(states(cli).values()) == {"absent"}
    cli.set("LEDGER_REDIS_DB", str(number))
    assert set(states(cli).values()) == {"right"}


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (1, 2, EntryState.right),  # the write came between the first look at PostgreSQL and the one at Redis
        (1, 3, EntryState.pending),  # and another one after it: nobody can say any more
        (1, 1, EntryState.wrong),  # from the future
        (2, 3, EntryState.right),
        (3, 3, EntryState.wrong),  # older than what was there before
    ],
)
def test_an_entry_is_compared_with_its_own_version(
    *, cached: redis.Redis, database_url: str, redis_url: str, before: int, after: int, state: EntryState
) -> None:
    with LedgerClient("beta", database_url=database_url) as beta:
        position = beta.get_position("ETHUSDT")  # version 2, as the entry

    def at(version: int) -> dict[str, Position]:
        quantity = position.total_qty + version - 2
        return {KEY: replace(position, book_seq=version, total_qty=quantity)}

    with closing(CacheAuditor(load_settings(redis_url=redis_url))) as auditor:
        assert auditor.audit(at(before), lambda _: at(after))[KEY].state is state


def test_a_book_that_moves_on_is_not_called_wrong(
    cli: Shell, cached: redis.Redis, database_url: str, redis_url: str
) -> None:
    done = threading.Event()

    def write() -> None:
        with LedgerClient("beta", database_url=database_url, redis_url=redis_url) as beta:
            number = 0
            while not done.is_set():
                number += 1
                beta.record_fill(**fill(f"busy{number}", "Buy", 1, 2000, number, symbol="ETHUSDT"))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            seen = [cli("verify", "--symbol", "ETHUSDT", "--json").json["books"][0] for _ in range(10)]
        finally:
            done.set()
        writing.result()

    assert [book["differences"] for book in seen if not book["ok"]] == []
    assert seen[-1]["book_seq"] > seen[0]["book_seq"]


def test_without_redis_the_books_are_proven_all_the_same(days: Shell) -> None:
    days.set("LEDGER_REDIS_URL", "redis://user:hidden-word@127.0.0.1:1/0")

    answer = days("verify")
    document = days("verify", "--json").json

    assert answer.code == 0
    assert "the cache was not checked" in answer.err
    assert "hidden-word" not in answer.out + answer.err
    assert "Redis did not answer" in document["cache_problem"]


def test_after_a_rebuild_nobody_believes_what_was_cached_before(
    cli: Shell, cached: redis.Redis, connection: psycopg.Connection[Any], database_url: str, redis_url: str
) -> None:
    connection.execute(statements("tampering")["quantity"])  # BTCUSDT: 21 instead of 20
    cached.delete("position:alpha:BTCUSDT")
    with LedgerClient("alpha", database_url=database_url, redis_url=redis_url) as alpha:
        assert alpha.get_position("BTCUSDT").total_qty == 21  # and so does the cache now

        assert cli("rebuild").code == 0

        assert states(cli)["BTCUSDT"] == "untrusted"
        assert alpha.get_position("BTCUSDT").total_qty == 20
    assert states(cli)["BTCUSDT"] == "right"


def test_who_read_before_a_rebuild_stores_nothing_after_it(
    cli: Shell, cached: redis.Redis, database_url: str, redis_url: str
) -> None:
    reader, writer = "0123456789abcdef", "fedcba9876543210"
    entry = {str(name): str(value) for name, value in cached.hgetall(KEY).items()}
    with closing(Cache(load_settings(database_url=database_url, redis_url=redis_url))) as cache:
        leased_at = cache.run(Lease(KEY, reader))
        cache.run(Mark(KEY, writer))
        assert isinstance(leased_at, int)

        assert cli("rebuild").code == 0

        assert states(cli)["ETHUSDT"] == "pending"  # the announced write may still happen
        cache.run(Put(KEY, 2, {**entry, "size": "7"}, reader, leased_at))
        cache.run(Put(KEY, 2, {**entry, "size": "7"}, writer))
        assert cached.hget(KEY, "size") == "2"
        assert "written_at" not in cached.hgetall(KEY)
    with LedgerClient("beta", database_url=database_url, redis_url=redis_url) as beta:
        assert beta.get_position("ETHUSDT").total_qty == 2


def test_a_rebuild_removes_what_is_no_entry(cli: Shell, cached: redis.Redis) -> None:
    cached.delete(KEY)
    cached.set(KEY, "something else")

    answer = cli("rebuild")

    assert (answer.code, answer.err) == (0, "")
    assert states(cli)["ETHUSDT"] == "absent"


def test_status_knows_the_cache(cli: Shell, cached: redis.Redis) -> None:
    cache = cli("status", "--json").json["cache"]

    assert cache["answers"] is True
    assert cache["version"]
