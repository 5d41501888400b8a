"""What a close costs: by the lots that it consumes, by those that stay behind, and beside an old snapshot."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from psycopg import IsolationLevel

from tests.benchmarks.bench import Bench, settle
from tests.benchmarks.line import Line, lines, timed
from tests.benchmarks.results import Goal, Percentiles, Result, at_most
from tests.benchmarks.target import Target
from tests.benchmarks.ways import RowsAlone
from tests.statements import statement

_FLAT = 1.3


def _milliseconds(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000


def _compared(found: dict[int, list[list[float]]], unit: str, size: int, other: int, goal: Goal) -> Result:
    """The closes of one size beside those of another, each round's median."""
    return Result(
        case=f"{size:,} {unit}",
        what="a close",
        beside=f"{other:,} {unit}",
        unit="ms",
        values=[_milliseconds(one) for one in found[size]],
        others=[_milliseconds(one) for one in found[other]],
        goal=goal,
        percentiles={f"{name:,} {unit}": Percentiles.of(found[name]) for name in (other, size)},
    )


def consumed(bench: Bench) -> list[Result]:
    """A close that consumes one lot or many."""
    sizes = (1, 10, 100)
    closes = bench.pick(50, 3)

    def close(line: Line, size: int) -> list[float]:
        line.open(size * closes)
        return [line.close(size) for _ in range(closes)]

    with bench.database() as target, lines(target, *map(str, sizes)) as books:
        for size in sizes:
            close(books[str(size)], size)
        settle(target.database_url)
        found = bench.in_turn({size: partial(close, books[str(size)], size) for size in sizes})
    return [
        *(_compared(found, "lots consumed", size, 1, at_most(size)) for size in sizes[1:]),
        _further(found, *sizes),
    ]


def _further(found: dict[int, list[list[float]]], few: int, some: int, many: int) -> Result:
    def by_lot(low: int, high: int) -> list[float]:
        pairs = zip(found[low], found[high], strict=True)
        return [(_milliseconds(above) - _milliseconds(below)) / (high - low) for below, above in pairs]

    return Result(
        case="each further lot",
        what=f"from {some} to {many}",
        beside=f"from {few} to {some}",
        unit="ms",
        values=by_lot(some, many),
        others=by_lot(few, some),
        goal=at_most(_FLAT),
    )


def open_lots(bench: Bench) -> list[Result]:
    """A close of one lot with few or many others open behind it."""
    sizes = bench.pick((10, 1_000, 100_000), (10, 100))
    closes = bench.pick(300, 10)

    def close(line: Line) -> list[float]:
        taken = []
        for _ in range(closes):
            taken.append(line.close(1))
            line.buy()
        return taken

    with bench.database() as target, lines(target, *map(str, sizes)) as books:
        for size in sizes:
            books[str(size)].open(size)
            close(books[str(size)])
        settle(target.database_url)
        found = bench.in_turn({size: partial(close, books[str(size)]) for size in sizes})
    return [_compared(found, "open lots", size, sizes[0], at_most(_FLAT)) for size in sizes[1:]]


def snapshot(bench: Bench) -> list[Result]:
    """Closes of one book while an old snapshot keeps the server from cleaning up: the last beside the first.

    And the same with the rows of a close alone, under the book's lock and with nothing computed.
    """
    closes, edge = bench.pick((20_000, 500), (100, 20))
    ours: list[list[float]] = []
    alone: list[list[float]] = []
    with bench.database() as target:
        for _ in range(bench.rounds):
            with lines(target, "old") as books:
                books["old"].open(closes + 1)
                with _old_snapshot(target):
                    ours.append([books["old"].close(1) for _ in range(closes)])
            with RowsAlone(1).opened(target) as write, _old_snapshot(target):
                alone.append([timed(write) for _ in range(closes)])
    return [
        _last_beside_first(f"{closes:,} closes beside an old snapshot", ours, edge, at_most(1.5)),
        _last_beside_first("rows alone", alone, edge, None),
    ]


@contextmanager
def _old_snapshot(target: Target) -> Iterator[None]:
    settle(target.database_url)
    with target.connect() as reader:
        reader.autocommit = False
        reader.isolation_level = IsolationLevel.REPEATABLE_READ
        reader.execute(statement("benchmark/sizes"))  # keeps its snapshot until its transaction ends
        yield


def _last_beside_first(case: str, rounds: list[list[float]], edge: int, goal: Goal | None) -> Result:
    first, last = [one[:edge] for one in rounds], [one[-edge:] for one in rounds]
    return Result(
        case=case,
        what=f"the last {edge}",
        beside=f"the first {edge}",
        unit="ms",
        values=[_milliseconds(one) for one in last],
        others=[_milliseconds(one) for one in first],
        goal=goal,
        percentiles={"first": Percentiles.of(first), "last": Percentiles.of(last)},
    )
