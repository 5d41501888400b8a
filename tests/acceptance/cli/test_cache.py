"""verify looks at what readers of the cache believe."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import redis

from ledger import LedgerClient
from tests.acceptance.cli.conftest import Shell, book_days
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
        ({"size": "seven"}, "unreadable"),
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


def test_status_knows_the_cache(cli: Shell, cached: redis.Redis) -> None:
    cache = cli("status", "--json").json["cache"]

    assert cache["answers"] is True
    assert cache["version"]
