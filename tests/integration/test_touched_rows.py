"""What a fill reads and writes does not grow with what is closed, nor with what is open behind it."""

import itertools
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from ledger.database.url import to_conninfo
from ledger.operations import reading, recording
from ledger.session import Operation, Session
from tests.fills import SYMBOL, fill
from tests.full_tables import Touched, fill_tables, measured
from tests.statements import statement

pytestmark = pytest.mark.tampers  # nobody wrote the tables fill by fill, so their hashes are wrong

_CALLS: dict[str, Callable[[Session], list[Operation[Any]]]] = {
    "entry": lambda s: [recording.record_fill(s, **fill("e1", order_id="o1"))],
    "close": lambda s: [recording.record_fill(s, **fill("e1", "Sell", "2.5", order_id="o1"))],
    "batch": lambda s: [recording.record_fills(s, [fill("e1", "Sell", "2.5", at=1), fill("e2", "Sell", "0.5", at=2)])],
    "late entry": lambda s: [*later(s), recording.record_fill(s, **fill("e1", at=1))],
    "late close": lambda s: [*later(s), recording.record_fill(s, **fill("e1", "Sell", "2.5", at=1))],
    "late batch": lambda s: [*later(s), recording.record_fills(s, [fill("e1", at=1), fill("e2", "Sell", at=2)])],
    "position": lambda s: [reading.get_position(s, SYMBOL)],
    "summary": lambda s: [reading.get_current_position_summary(s, SYMBOL)],
}
# Of the same size in all books; whether the planner looks into such a small table one by one or at once is its affair.
_SMALL = {"fill_voids", "orders", "funding_payments"}
Sizes = list[tuple[int, int]]  # open lots, closed lots
_BEHIND: Sizes = [(10, 0), (1000, 0), (100_000, 0)]
_BEFORE: Sizes = [(10, 5), (10, 1000), (10, 50_000)]


def later(session: Session) -> list[Operation[Any]]:
    """What a late fill comes after."""
    sides = ["Buy", "Sell", "Buy", "Sell"]
    return [recording.record_fill(session, **fill(f"l{at}", side, at=at)) for at, side in enumerate(sides, 3)]


def rows_touched(url: str, name: str, plans: str) -> dict[str, Touched]:
    with measured(url, "bot-1", plans) as calls:
        return calls.run(*_CALLS[name](calls.session))[1]


def blocks_of_a_close(url: str) -> int:
    """The least of several: the first ones read the catalog, and what was taken back leaves rows to step over."""
    found: list[int] = []
    with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
        for number in range(5):
            with connection.transaction(force_rollback=True):
                row = connection.execute(statement("plans/close"), {"exec_id": f"e{number}"}).fetchone()
                assert row is not None
                plan = row[0][0]["Plan"]
                found.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    return int(min(found))


def filled(make_database: Callable[[], str], sizes: Sizes) -> list[str]:
    urls = []
    for open_, closed in sizes:
        urls.append(make_database())
        fill_tables(urls[-1], deep=1, open=open_, closed=closed, idle=100)
        with psycopg.connect(to_conninfo(urls[-1]), autocommit=True) as connection:
            connection.execute(statement("plans/analyze"))
    return urls


@pytest.mark.parametrize("sizes", [_BEHIND, _BEFORE], ids=["open lots behind", "closed lots before"])
def test_a_fill_touches_as_little_in_a_large_book(make_database: Callable[[], str], sizes: Sizes) -> None:
    urls = filled(make_database, sizes)
    for name, plans in itertools.product(_CALLS, ["force_custom_plan", "force_generic_plan"]):
        first, *others = [rows_touched(url, name, plans) for url in urls]
        assert first
        for other in others:
            for table, found in other.items():
                if table in _SMALL:
                    continue
                assert found.rows_read <= first[table].rows_read, f"{name} reads more of {table} ({plans})"
                assert found.rows_written == first[table].rows_written
    blocks = [blocks_of_a_close(url) for url in urls]
    # An index of 100 000 rows is two levels deeper than one of 10: each of some ten look-ups costs two blocks more.
    assert blocks[-1] <= blocks[0] + 40, f"blocks: {blocks}"
