"""One fill at a time, from several processes at once: the function, the hot book, the client, the loop of old."""

from collections.abc import Mapping
from functools import partial

from tests.benchmarks.bench import Bench, settle
from tests.benchmarks.crew import Measured
from tests.benchmarks.fills import a_fill, symbol_of
from tests.benchmarks.naive import NaiveLedger
from tests.benchmarks.results import Goal, Percentiles, Result, at_least, at_most
from tests.benchmarks.target import Target
from tests.benchmarks.ways import BareCacheWrites, ClientCall, Insert, NaiveLoop, RecordFill, RowsAlone, Way

_INSERT = "one-row insert"
_CALL = "record_fill"
_ROWS = "rows alone"
Rounds = dict[tuple[str, int], list[Measured]]  # by way and number of connections


def measure_ways(bench: Bench, target: Target, books: int, ways: Mapping[str, Way], writers: tuple[int, ...]) -> Rounds:
    """All ways with all numbers of connections in turn, when all books are there and tables and caches are warm."""
    with target.client(cached=False) as first:
        first.record_fills([a_fill(1) | {"symbol": symbol_of(book)} for book in range(books)])
    for way in ways.values():
        bench.crew.measure(target, way, max(writers), bench.seconds)
    settle(target.database_url)
    return bench.in_turn(
        {
            (name, count): partial(bench.crew.measure, target, way, count, bench.seconds)
            for count in writers
            for name, way in ways.items()
        }
    )


def rates(found: Rounds, case: str, ours: tuple[str, int], other: tuple[str, int], goal: Goal | None) -> Result:
    """How many calls in a second, beside another way or another number of connections."""
    return Result(
        case=f"{case}, {connections(ours[1])}",
        what=ours[0],
        beside=other[0] if ours[1] == other[1] else f"{other[0]}, {connections(other[1])}",
        unit="per second",
        values=[one.rate for one in found[ours]],
        others=[one.rate for one in found[other]],
        goal=goal,
        percentiles={f"{name}, {connections(count)}": _pooled(found[name, count]) for name, count in (ours, other)},
    )


def _pooled(rounds: list[Measured]) -> Percentiles:
    return Percentiles.of(one.latencies for one in rounds)


def _tails(found: Rounds, case: str, count: int) -> Result:
    def p99(name: str) -> list[float]:
        return [Percentiles.of([one.latencies]).p99 for one in found[name, count]]

    return Result(
        case=f"{case}, {connections(count)}, p99",
        what=_CALL,
        beside=_INSERT,
        unit="ms",
        values=p99(_CALL),
        others=p99(_INSERT),
        goal=at_most(2),
    )


def connections(count: int) -> str:
    """In words."""
    return f"{count} connection{'' if count == 1 else 's'}"


def record_fill(bench: Bench) -> list[Result]:
    """`record_fill` over many books beside a bare insert."""
    books = bench.pick(1_000, 50)
    goals = bench.pick({1: 0.85, 4: 0.75, 16: 0.65}, {1: 0.85, 2: 0.75})
    with bench.database() as target:
        ways: dict[str, Way] = {_INSERT: Insert(books), _ROWS: RowsAlone(books), _CALL: RecordFill(books)}
        found = measure_ways(bench, target, books, ways, tuple(goals))
    case = f"{books:,} books"
    return [
        result
        for count, goal in goals.items()
        for result in (
            rates(found, case, (_CALL, count), (_INSERT, count), at_least(goal)),
            rates(found, case, (_ROWS, count), (_INSERT, count), None),
            _tails(found, case, count),
        )
    ]


def hot_book(bench: Bench) -> list[Result]:
    """`record_fill` on one book: with the times of the callers, and with times of arrival, which are in order."""
    one, some, many = bench.pick((1, 4, 16), (1, 2, 3))
    goals = {one: at_least(0.8), some: None, many: at_least(0.3)}
    in_order = f"{_CALL}, in order"
    with bench.database() as target:
        ways: dict[str, Way] = {
            _INSERT: Insert(1),
            _ROWS: RowsAlone(1),
            _CALL: RecordFill(1),
            in_order: RecordFill(1, arrival=True),
        }
        found = measure_ways(bench, target, 1, ways, (one, some, many))
    results: list[Result] = []
    for name in (_CALL, in_order):
        results += [rates(found, "one book", (name, n), (_INSERT, n), goal) for n, goal in goals.items()]
        results.append(rates(found, "one book", (name, many), (name, some), at_least(1)))
    results += [rates(found, "one book", (_ROWS, n), (_INSERT, n), None) for n in goals]
    return [*results, rates(found, "one book", (_ROWS, many), (_ROWS, some), None)]


def client(bench: Bench) -> list[Result]:
    """The client's whole call with the cache beside the same without, and beside the bare function."""
    books = bench.pick(1_000, 50)
    writers = bench.pick((1, 4, 16), (1, 2))
    whole, alone, bare = "client with Redis", "client without Redis", "client and bare writes"
    with bench.database() as target:
        ways: dict[str, Way] = {
            _CALL: RecordFill(books),
            alone: ClientCall(books, cached=False),
            bare: BareCacheWrites(books),
            whole: ClientCall(books, cached=True),
        }
        found = measure_ways(bench, target, books, ways, writers)
    case = f"{books:,} books"
    return [
        rates(found, case, (ours, count), (beside, count), goal)
        for count in writers
        for ours, beside, goal in (
            (whole, alone, at_least(0.75)),
            (whole, _CALL, None),
            (bare, alone, None),
        )
    ]


def naive(bench: Bench) -> list[Result]:
    """`record_fill` beside the loop that bots write for themselves."""
    books = bench.pick(1_000, 50)
    goals = bench.pick({1: 8, 16: 12}, {1: 8, 2: 12})
    loop, whole = "ORM loop", "client with Redis"
    with bench.database() as target:
        NaiveLedger(target.database_url).create()
        ways: dict[str, Way] = {
            loop: NaiveLoop(books),
            _CALL: RecordFill(books),
            whole: ClientCall(books, cached=True),
        }
        found = measure_ways(bench, target, books, ways, tuple(goals))
    case = f"{books:,} books"
    return [
        rates(found, case, (ours, count), (loop, count), at_least(goal) if ours == _CALL else None)
        for count, goal in goals.items()
        for ours in (_CALL, whole)
    ]
