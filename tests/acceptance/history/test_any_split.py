"""However a past is split into what is imported, what bots record and what comes late: the tables are the same."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from ledger import InsufficientPositionError, LedgerClient
from reconcile.history import booking, tasks
from tests.importing import Row, bring_in, tables
from tests.invariants import check_invariants
from tests.oracle import Fill
from tests.oracle_ledger import BookKey, Cash, OracleLedger, order_level_id
from tests.stored import expected_books, stored_books
from tests.strategies import BOOKS, SIDES, START, THOUSANDS, exec_ids, fills
from tests.translation import arguments, book_filter, cash_arguments

Delivery = tuple[BookKey, Fill]
# Thirty digits before and behind the point, as far as the ledger takes them.
WIDE = st.builds(
    lambda digits, places: Fraction(digits, 10**places), st.integers(1, 10**30 - 1), st.sampled_from([0, 1, 15, 29, 30])
)


@dataclass(frozen=True)
class Past:
    """What happened: fills and cash of a few books, as the oracle has them."""

    oracle: OracleLedger
    rows: tuple[dict[str, Any], ...]
    keys: tuple[BookKey, ...]


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    keys = tuple(draw(st.lists(st.sampled_from(BOOKS), min_size=1, max_size=3, unique=True)))
    is_wide = draw(st.integers(0, 3)) == 0
    oracle = OracleLedger()
    deliveries: list[Delivery] = []
    for number in range(draw(st.integers(1, 24))):
        deliveries += _fill_or_order(draw, draw(st.sampled_from(keys)), number, is_wide=is_wide)
    # In the order of the exchange, so that a hedge leg has what is closed.
    rows = []
    for key, fill in sorted(deliveries, key=lambda one: one[1].order):
        if not oracle.refusals([(key, fill)]):
            oracle.record([(key, fill)])
            rows.append(arguments(key, fill))
    for number in range(draw(st.integers(0, 3))):
        key = draw(st.sampled_from(keys))
        cash = Cash(f"cash{number}", Fraction(draw(st.integers(-500, 500)), 100), key.instrument.settle)
        oracle.record_cash(key, cash)
        rows.append(cash_arguments(key, cash, START + timedelta(hours=number)))
    return Past(oracle, tuple(rows), keys)


def _fill_or_order(draw: st.DrawFn, key: BookKey, number: int, *, is_wide: bool) -> list[Delivery]:
    order = draw(st.sampled_from([None, None, "o1", "o2"]))
    side = draw(SIDES)
    if order is not None:
        order = f"{order}-{BOOKS.index(key)}"
        side = "Buy" if order.startswith("o1") else "Sell"
    fill = draw(fills(key, draw(exec_ids(number)), side, order))
    # An inverse book's average is exact for prices and quantities that are not that far apart.
    if is_wide and key.instrument.category != "inverse":
        fill = replace(fill, qty=draw(WIDE), price=draw(WIDE), commission=draw(st.just(fill.commission) | WIDE))
    found = [(key, fill)]
    if order is not None and draw(st.booleans()):
        whole = draw(fills(key, order_level_id(order), side, order))
        found.append((key, replace(whole, qty=whole.qty * 8)))
    return found


@contextmanager
def small_transactions(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "FILLS_AT_ONCE", size)
        patch.setattr(booking, "_BLOCK", size)
        yield


class Way:
    """How an account gets a past: its two bots, one for every second book."""

    def __init__(self, stack: ExitStack, around: tuple[str, str], connection: psycopg.Connection[Any]) -> None:
        self.database_url, self.redis_url = around
        self.connection = connection
        self.account = f"split-{uuid4().hex}"
        self.clients = [
            stack.enter_context(
                LedgerClient(self.bot(n), account=self.account, database_url=around[0], redis_url=around[1])
            )
            for n in range(2)
        ]
        self.account_id = {client.register() for client in self.clients}.pop()
        self.clients[0].register_instrument(THOUSANDS.symbol, multiplier=1000)

    def bot(self, number: int) -> str:
        return f"b{number}_{self.account}"

    def number_of(self, row: Row) -> int:
        return (len(row["symbol"]) + int(row["position_idx"])) % 2

    def live(self, rows: Sequence[Row]) -> None:
        for row in rows:
            try:
                self.clients[self.number_of(row)].record_fill(**row)
            except InsufficientPositionError:
                assert row["position_idx"]

    def batch(self, rows: Sequence[Row]) -> None:
        for number, client in enumerate(self.clients):
            own = [row for row in rows if self.number_of(row) == number]
            try:
                client.record_fills(own)
            except InsufficientPositionError:
                assert any(row["position_idx"] for row in own)

    def imported(self, rows: Sequence[Row], **options: Any) -> int:
        """Answers how many were refused, which only hedge legs do."""
        named = [{"bot_id": self.bot(self.number_of(row)), **row} for row in rows]
        report = bring_in(named, self.account, self.database_url, self.redis_url, verify=False, **options)
        assert all("hedge" in reject.reason for reject in report.rejects), report.rejects
        return report.rejected

    def tables(self) -> dict[str, list[str]]:
        found = tables(self.connection, self.account_id)
        return {name: [row.replace(self.account, "") for row in rows] for name, rows in found.items()}

    def reads_right(self, oracle: OracleLedger, keys: Sequence[BookKey]) -> None:
        """Past the cache and through it."""
        assert stored_books(self.connection, self.account_id) == expected_books(oracle)
        check_invariants(self.connection, self.account_id)
        for key in keys:
            named = book_filter(key)
            position = self.clients[self.number_of(named)].get_position(**named)
            book = oracle.book(key)
            assert (position.side, Fraction(position.total_qty)) == (book.side, book.size)


@given(past=pasts(), data=st.data())
def test_any_split(
    past: Past, data: st.DataObject, database_url: str, redis_url: str, connection: psycopg.Connection[Any]
) -> None:
    with ExitStack() as stack:
        ways = [Way(stack, (database_url, redis_url), connection) for _ in range(2)]
        plain, split = ways
        plain.live(past.rows)
        plain.imported(past.rows)
        plain.reads_right(past.oracle, past.keys)
        todo = list(data.draw(st.permutations(past.rows)))
        with small_transactions(data.draw(st.sampled_from([2, 5, 50]))):
            while todo:
                count = data.draw(st.integers(1, len(todo)))
                how = data.draw(st.sampled_from(["imported", "imported", "live", "batch"]))
                note(f"{how} {count}")
                getattr(split, how)(todo[:count])
                todo = todo[count:]
        split.imported(past.rows)
        assert split.imported(past.rows) == 0
        split.reads_right(past.oracle, past.keys)
        expected = plain.tables()
        for name, rows in split.tables().items():
            assert rows == expected[name], name
