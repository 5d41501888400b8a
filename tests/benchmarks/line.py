"""One book that a benchmark fills and empties as it likes, in order."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger import LedgerClient
from ledger.queries import query
from tests.benchmarks.fills import a_fill, as_row
from tests.benchmarks.target import Connection, Target
from tests.benchmarks.ways import Write

_BATCH = 1_000
_STEP = timedelta(microseconds=1)


def timed(write: Write) -> float:
    """The seconds that one call takes."""
    began = time.perf_counter()
    write()
    return time.perf_counter() - began


class Line:
    """A long position, opened by batches and closed by single calls of the database's function."""

    def __init__(self, target: Target, client: LedgerClient, connection: Connection, symbol: str) -> None:
        self._target = target
        self._client = client
        self._connection = connection
        self._symbol = symbol
        self._last = datetime.now(UTC)
        self._record = query("record_fill").encode()

    def open(self, lots: int) -> None:
        """Opens so many lots of 1."""
        for start in range(0, lots, _BATCH):
            self._client.record_fills([self._fill("Buy", 1) for _ in range(min(_BATCH, lots - start))])

    def close(self, quantity: int) -> float:
        """Closes the oldest lots; the seconds that it took."""
        return self._timed("Sell", quantity)

    def buy(self) -> float:
        """Opens one more lot, as `close` closes one; the seconds that it took."""
        return self._timed("Buy", 1)

    def _timed(self, side: str, quantity: int) -> float:
        row = as_row(self._target, self._fill(side, quantity))
        return timed(lambda: self._connection.execute(self._record, row).fetchone())

    def _fill(self, side: str, quantity: int) -> dict[str, Any]:
        self._last = max(datetime.now(UTC), self._last + _STEP)
        fixed = {"symbol": self._symbol, "side": side, "exec_qty": Decimal(quantity), "exec_time": self._last}
        return a_fill(1) | fixed


@contextmanager
def lines(target: Target, *names: str) -> Iterator[dict[str, Line]]:
    """Books by name, all on one connection."""
    with target.connect() as connection, target.client(cached=False) as client:
        marked = f"{random.getrandbits(32):08x}"
        yield {name: Line(target, client, connection, f"{name}-{marked}") for name in names}
