"""`record_fills` beside a COPY of the same rows into a table with the same indexes, and beside one-row inserts."""

import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from ledger import LedgerClient
from ledger.fill import dump_fills, read_mapping
from ledger.queries import query
from tests.benchmarks.bench import Bench, settle
from tests.benchmarks.fills import a_fill, as_row, symbol_of
from tests.benchmarks.results import Goal, Result, at_least
from tests.benchmarks.rows.writing import connections
from tests.benchmarks.target import Connection, Target
from tests.benchmarks.ways import Insert
from tests.statements import statement

_PORTION = 1 << 20
_BOOKS = 100
_COPY = "binary COPY"
_INSERT = "one-row insert"
Batch = list[dict[str, Any]]


class _Batches:
    """Ways of writing so many fills, each batch in one book; each answers how many rows it wrote in a second."""

    def __init__(self, target: Target, client: LedgerClient, connection: Connection, fills: int) -> None:
        self._target = target
        self._client = client
        self._connection = connection
        self._fills = fills

    def client(self, size: int) -> float:
        """The client's method, without Redis."""
        return self._rate(self._batches(size), self._client.record_fills)

    def function(self, size: int) -> float:
        """The function in the database, through the same driver as the COPY."""
        return self._called(query("record_fills").encode(), size)

    def alone(self, size: int) -> float:
        """The rows and index entries that the function writes at least, with nothing computed and nothing answered."""
        return self._called(statement("benchmark/batch_call", function="batch_alone").as_bytes(self._connection), size)

    def least(self, size: int) -> float:
        """Those rows with hash chain, what each fill does, owners and answer, but nothing checked."""
        return self._called(statement("benchmark/batch_call", function="batch_least").as_bytes(self._connection), size)

    def _called(self, text: bytes, size: int) -> float:
        ready = [self._parameters(batch) for batch in self._batches(size)]
        return self._rate(ready, lambda row: self._connection.execute(text, row).fetchone())

    def copy(self) -> float:
        """Rows that have just been written, in one piece into another table, which has all others of the journal."""
        self._connection.execute(statement("benchmark/level"))
        began = self._connection.execute(statement("benchmark/moment")).fetchone()
        self.client(1_000)
        with tempfile.TemporaryFile() as file:
            out = statement("benchmark/copy_binary_out")
            with self._connection.cursor() as cursor, cursor.copy(out, began) as copy:
                for data in copy:
                    file.write(data)
            file.seek(0)
            start = time.perf_counter()
            with self._connection.cursor() as cursor, cursor.copy(statement("benchmark/copy_binary_in")) as copy:
                while data := file.read(_PORTION):
                    copy.write(data)
            return self._fills / (time.perf_counter() - start)

    def _rate(self, ready: list[Any], write: Callable[[Any], object]) -> float:
        began = time.perf_counter()
        for one in ready:
            write(one)
        return self._fills / (time.perf_counter() - began)

    def _batches(self, size: int) -> list[Batch]:
        books = [symbol_of(random.randrange(_BOOKS)) for _ in range(self._fills // size)]
        return [[a_fill(1) | {"symbol": book} for _ in range(size)] for book in books]

    def _parameters(self, batch: Batch) -> dict[str, Any]:
        row = as_row(self._target, {"symbol": batch[0]["symbol"]})
        return row | {"fills": dump_fills([read_mapping(n, fill, "linear") for n, fill in enumerate(batch)])}


def batches(bench: Bench) -> list[Result]:
    """Batches of 100 and of 1 000: by the client, by the bare function, and the least that it writes."""
    many = bench.pick(16, 2)
    goals = {100: at_least(0.12), 1_000: at_least(0.15)}
    with bench.database() as target, target.connect() as connection, target.client(cached=False) as client:
        connection.execute(statement("benchmark/plain_table"))
        work = _Batches(target, client, connection, bench.pick(20_000, 1_000))
        ways: dict[str, Callable[[], float]] = {
            **{f"client, {size:,}": partial(work.client, size) for size in goals},
            **{f"function, {size:,}": partial(work.function, size) for size in goals},
            **{f"rows alone, {size:,}": partial(work.alone, size) for size in goals},
            **{f"least of a batch, {size:,}": partial(work.least, size) for size in goals},
            _COPY: work.copy,
            _INSERT: lambda: bench.crew.measure(target, Insert(_BOOKS), many, bench.seconds).rate,
        }
        for way in ways.values():
            way()
        settle(target.database_url)
        found = bench.in_turn(ways)
    inserts = f"{_INSERT}, {connections(many)}"
    judged = [(f"{way}, {size:,}", goal, at_least(3)) for size, goal in goals.items() for way in ("client", "function")]
    floors = [(f"{way}, {size:,}", None, None) for size in goals for way in ("rows alone", "least of a batch")]
    return [
        result
        for name, copies, others in (*judged, *floors)
        for result in (
            _result(name, _COPY, found[name], found[_COPY], copies),
            _result(name, inserts, found[name], found[_INSERT], others),
        )
    ]


def _result(name: str, beside: str, values: list[float], others: list[float], goal: Goal | None) -> Result:
    return Result(case="1 connection", what=name, beside=beside, unit="rows/s", values=values, others=others, goal=goal)
