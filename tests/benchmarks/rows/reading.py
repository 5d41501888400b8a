"""`get_position` beside the least that its servers do for an answer."""

from functools import partial

import redis

from ledger.cache import position_key
from tests.benchmarks.bench import Bench, settle
from tests.benchmarks.crew import repeat
from tests.benchmarks.fills import a_fill, symbol_of
from tests.benchmarks.results import Percentiles, Result, at_least
from tests.benchmarks.target import BOT
from tests.benchmarks.ways import Write
from tests.statements import statement

_WARM_SECONDS = 0.1


def reads(bench: Bench) -> list[Result]:
    """From the cache and from PostgreSQL."""
    with (
        bench.database() as target,
        target.connect() as connection,
        target.client(cached=True) as cached,
        target.client(cached=False) as uncached,
        redis.Redis.from_url(target.redis_url, decode_responses=True) as server,
    ):
        symbol = symbol_of(0)
        for _ in range(20):
            cached.record_fill(**a_fill(1))
        settle(target.database_url)
        key = position_key(BOT, "linear", symbol, 0)
        text = statement("benchmark/book_by_key").as_bytes(connection)
        found = connection.execute(statement("benchmark/any_book")).fetchone()
        book = dict(zip(("account_id", "book_id"), found or (), strict=True))
        ways: dict[str, Write] = {
            "HGETALL": lambda: server.hgetall(key),
            "get_position, cached": lambda: cached.get_position(symbol),
            "select by primary key": lambda: connection.execute(text, book).fetchone(),
            "get_position, PostgreSQL": lambda: uncached.get_position(symbol),
        }
        for way in ways.values():
            repeat(way, _WARM_SECONDS)
        rounds = bench.in_turn({name: partial(repeat, way, bench.seconds) for name, way in ways.items()})
    return [
        _result(rounds, "get_position, cached", "HGETALL"),
        _result(rounds, "get_position, PostgreSQL", "select by primary key"),
    ]


def _result(rounds: dict[str, list[list[float]]], ours: str, other: str) -> Result:
    def rates(name: str) -> list[float]:
        return [len(one) / sum(one) for one in rounds[name]]

    return Result(
        case="1 connection",
        what=ours,
        beside=other,
        unit="per second",
        values=rates(ours),
        others=rates(other),
        goal=at_least(0.7),
        percentiles={name: Percentiles.of(rounds[name]) for name in (ours, other)},
    )
