"""`get_position` beside the least that its servers do for an answer."""

from functools import partial
from typing import Any

import psycopg
import redis
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from ledger.cache import position_key
from ledger.database.deadline import PatientConnection
from ledger.database.url import to_conninfo
from ledger.queries import query
from ledger.values import Position
from tests.benchmarks.bench import Bench, settle
from tests.benchmarks.crew import repeat
from tests.benchmarks.fills import a_fill, as_row, symbol_of
from tests.benchmarks.results import Goal, Percentiles, Result, at_least
from tests.benchmarks.target import BOT, Target
from tests.benchmarks.ways import Write
from tests.statements import statement

_WARM_SECONDS = 0.1
_GOAL = at_least(0.7)
_PROMISED = "bare pool that gives a silent server up, with the value"


def reads(bench: Bench) -> list[Result]:
    """From the cache and from PostgreSQL."""
    with (
        bench.database() as target,
        target.connect() as connection,
        target.client(cached=True) as cached,
        target.client(cached=False) as uncached,
        redis.Redis.from_url(target.redis_url, decode_responses=True) as server,
        _pool(target) as pool,
        _pool(target, connection_class=PatientConnection, row_factory=dict_row) as patient,
    ):
        symbol = symbol_of(0)
        for _ in range(20):
            cached.record_fill(**a_fill(1))
        settle(target.database_url)
        key = position_key(BOT, "linear", symbol, 0)
        text = statement("benchmark/book_by_key").as_bytes(connection)
        found = connection.execute(statement("benchmark/books")).fetchone()
        book = dict(zip(("account_id", "book_id"), found or (), strict=True))
        position = as_row(target, {"symbol": symbol})
        ways: dict[str, Write] = {
            "HGETALL": lambda: server.hgetall(key),
            "get_position, cached": lambda: cached.get_position(symbol),
            "select by primary key": lambda: connection.execute(text, book).fetchone(),
            "get_position, PostgreSQL": lambda: uncached.get_position(symbol),
            "bare pool": lambda: _pooled(pool, position),
            _PROMISED: lambda: Position.from_row(_pooled(patient, position)),
        }
        for way in ways.values():
            repeat(way, _WARM_SECONDS)
        rounds = bench.in_turn({name: partial(repeat, way, bench.seconds) for name, way in ways.items()})
    return [
        _result(rounds, "get_position, cached", "HGETALL"),
        _result(rounds, "get_position, PostgreSQL", "select by primary key"),
        _result(rounds, "bare pool", "select by primary key", None),
        _result(rounds, _PROMISED, "select by primary key", None),
    ]


def _pool(
    target: Target, connection_class: type[psycopg.Connection[Any]] = psycopg.Connection, **options: Any
) -> ConnectionPool[psycopg.Connection[Any]]:
    return ConnectionPool(
        to_conninfo(target.database_url),
        connection_class=connection_class,
        kwargs={"autocommit": True, "prepare_threshold": 0, **options},
        min_size=1,
        open=False,
    )


def _pooled(pool: ConnectionPool[psycopg.Connection[Any]], book: dict[str, Any]) -> Any:
    """The same row over a pool of the driver's: nothing is checked, retried or turned into a value."""
    connection = pool.getconn()
    try:
        return connection.execute(query("position").encode(), book).fetchone()
    finally:
        pool.putconn(connection)


def _result(rounds: dict[str, list[list[float]]], ours: str, other: str, goal: Goal | None = _GOAL) -> Result:
    def rates(name: str) -> list[float]:
        return [len(one) / sum(one) for one in rounds[name]]

    return Result(
        case="1 connection",
        what=ours,
        beside=other,
        unit="per second",
        values=rates(ours),
        others=rates(other),
        goal=goal,
        percentiles={name: Percentiles.of(rounds[name]) for name in (ours, other)},
    )
