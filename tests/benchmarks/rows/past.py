"""What a past costs later: a close beside a long history, a late fill in a long book."""

import random
import statistics
import time
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from psycopg.rows import dict_row

from ledger.queries import query
from tests.benchmarks.bench import Bench
from tests.benchmarks.fills import a_fill, as_row
from tests.benchmarks.past import bring_in
from tests.benchmarks.results import Goal, Percentiles, Result, at_most
from tests.benchmarks.target import Connection, Target
from tests.statements import statement

_FLAT = at_most(1.3)
_SECOND = timedelta(seconds=1)
_SHAPES = {
    "near": "right behind a flat point",
    "open": "in a cycle as long as the book, still open",
    "ended": "in a cycle as long as the book, ended since",
}
_SPACE = 30  # seconds between two fills of a book
_BEHIND = {
    shape: timedelta(seconds=_SPACE * fills - 15) for shape, fills in {"near": 10, "open": 10, "ended": 11}.items()
}
_REBUILD = "rebuild of a whole book"


def _timed(target: Target, connection: Connection, fill: dict[str, Any]) -> float:
    row = as_row(target, a_fill(1) | fill)
    began = time.perf_counter()
    connection.execute(query("record_fill").encode(), row).fetchone()
    return time.perf_counter() - began


class _OpenBooks:
    """The open positions of a past, closed bit by bit, any of them at any time."""

    def __init__(self, target: Target, connection: Connection) -> None:
        self._target = target
        self._connection = connection
        with connection.cursor(row_factory=dict_row) as cursor:
            self._books = cursor.execute(statement("benchmark/open_books")).fetchall()

    def close(self, closes: int) -> list[float]:
        """Seconds of so many closes, none of more than one lot."""
        return [self._close(random.choice(self._books)) for _ in range(closes)]

    def _close(self, book: dict[str, Any]) -> float:
        book["exec_time"] += _SECOND
        return _timed(self._target, self._connection, book | {"exec_qty": Decimal("0.0001")})


def history(bench: Bench) -> list[Result]:
    """A close with few or many fills in the tables, over as many books."""
    usual = bench.pick((10_000, 1_000_000), (500, 1_000))
    sizes = (*usual, 10_000_000) if bench.large else usual
    closes = bench.pick(300, 10)
    with ExitStack() as stack:
        books: dict[int, _OpenBooks] = {}
        for size in sizes:
            target = stack.enter_context(bench.database())
            bring_in(target, "past_table", rows=size, books=bench.pick(1_000, 50))
            books[size] = _OpenBooks(target, stack.enter_context(target.connect()))
            books[size].close(closes)
        found = bench.in_turn({size: partial(books[size].close, closes) for size in sizes})
    medians = {size: [statistics.median(one) * 1000 for one in found[size]] for size in sizes}
    return [
        Result(
            case=f"{size:,} fills in the tables",
            what="a close",
            beside=f"{sizes[0]:,} fills",
            unit="ms",
            values=medians[size],
            others=medians[sizes[0]],
            goal=_FLAT,
            percentiles={f"{name:,} fills": Percentiles.of(found[name]) for name in (sizes[0], size)},
        )
        for size in sizes[1:]
    ]


class _LongBook:
    """A book into which fills come late, always at the same place near its end."""

    def __init__(self, target: Target, connection: Connection, shape: str, size: int) -> None:
        bot = f"{shape}_{size}"
        self._target = target
        self._connection = connection
        with connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(statement("benchmark/book_of_bot"), {"bot_id": bot}).fetchone() or {}
        self._book = {name: found[name] for name in ("account_id", "book_id")}
        self._fill = {"bot_id": bot, "symbol": "BTCUSDT", "exec_time": found["last_exec_time"] - _BEHIND[shape]}
        self._number = 0

    def late(self, fills: int) -> float:
        """The median of so many late fills, in milliseconds: purchases and sales by turns, so that flat stays flat."""
        return statistics.median(self._late() for _ in range(fills)) * 1000

    def _late(self) -> float:
        self._number += 1
        self._fill["exec_time"] += timedelta(microseconds=1)
        side = "Buy" if self._number % 2 else "Sell"
        return _timed(self._target, self._connection, self._fill | {"side": side, "exec_qty": Decimal(1)})

    def rebuild(self) -> float:
        """All of the book derived again by the set-based route, and compared with what is stored; in milliseconds."""
        began = time.perf_counter()
        self._connection.execute(query("rebuild_book").encode(), self._book).fetchone()
        return (time.perf_counter() - began) * 1000


def late(bench: Bench) -> list[Result]:
    """A fill that comes ten fills late, with the last flat point near or far."""
    sizes = bench.pick((100, 10_000, 1_000_000), (100, 300))
    fills = {"near": bench.pick(20, 4), "open": bench.pick(20, 4), "ended": 1}  # what is derived again may be all
    with bench.database() as target, target.connect() as connection:
        bring_in(target, "cycles_table", sizes=list(sizes))
        names = [(shape, size) for size in sizes for shape in _SHAPES]
        books = {name: _LongBook(target, connection, *name) for name in names}
        for (shape, _), book in books.items():
            book.late(fills[shape])
        lates = bench.in_turn({name: partial(book.late, fills[name[0]]) for name, book in books.items()})
        rebuilds = bench.in_turn({size: books["near", size].rebuild for size in sizes})
    results = [_late((shape, size), _REBUILD, lates[shape, size], rebuilds[size], None) for shape, size in names]
    for shape, size in names:
        if size != sizes[0]:
            goal = _FLAT if shape == "near" else None
            first = lates[shape, sizes[0]]
            results.append(_late((shape, size), f"{sizes[0]:,} fills", lates[shape, size], first, goal))
    return results


def _late(name: tuple[str, int], beside: str, values: list[float], others: list[float], goal: Goal | None) -> Result:
    shape, size = name
    return Result(
        case=f"{size:,} fills, {_SHAPES[shape]}",
        what="a late fill",
        beside=beside,
        unit="ms",
        values=values,
        others=others,
        goal=goal,
    )
