"""A source is read ahead of being staged: in order, with its own errors, and closed when nobody reads it further."""

from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from ledger.errors import DatabaseUnavailableError
from reconcile.history.checking import Reading
from reconcile.history.reading import stage
from reconcile.history.rows import Batch
from reconcile.history.staging import Staging


class Given:
    """A source of what a function yields."""

    name, unit, total = "given", "rows", None

    def __init__(self, batches: Callable[[], Iterator[Batch]]) -> None:
        self.batches = batches


def batch(number: int) -> Batch:
    row = {"symbol": "BTCUSDT", "side": "Buy", "exec_price": "1", "exec_qty": str(number), "order_id": f"o{number}",
           "exec_time": "2024-05-01 10:00:00Z"}  # fmt: skip
    return Batch("given", pa.Table.from_pylist([row]), pa.array([number], pa.int64()), number)


def staged(staging: Staging) -> list[str]:
    staging.settle("given", "bot")
    (book,) = staging.own("bot", ["bot"])
    rows: list[str] = staging.rows(book.first, book.stop).sort_by("line")["exec_qty"].to_pylist()
    return rows


def test_all_batches_in_their_order() -> None:
    seen: list[int] = []
    with Staging() as staging:
        read = stage(Given(lambda: map(batch, range(20))), Reading(), staging, lambda one: seen.append(one.done))

        assert (read, seen) == (20, list(range(20)))
        assert staged(staging) == [str(number) for number in range(1, 20)]
        assert [reject.reason for reject in staging.rejects()] == ["greater than 0"]


def test_what_the_source_raises_comes_behind_what_it_gave() -> None:
    def broken() -> Iterator[Batch]:
        yield from map(batch, range(1, 10))
        raise DatabaseUnavailableError("gone")

    with Staging() as staging:
        with pytest.raises(DatabaseUnavailableError, match="gone"):
            stage(Given(broken), Reading(), staging, lambda _: None)

        assert staged(staging) == [str(number) for number in range(1, 10)]


def test_what_cannot_be_checked_ends_the_reading() -> None:
    given: list[int] = []

    def endless() -> Iterator[Batch]:
        while True:
            given.append(len(given))
            yield Batch("given", pa.table({"symbol": [b"not a text \xff"]}), pa.array([1], pa.int64()), 1)

    with Staging() as staging, pytest.raises(pa.ArrowInvalid):
        stage(Given(endless), Reading(), staging, lambda _: None)
    assert len(given) <= 4
