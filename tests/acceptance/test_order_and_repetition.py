"""The same set of fills ends in the same tables, whatever the order, however often and in whatever pieces it comes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import InsufficientPositionError, LedgerClient
from ledger.database.url import to_conninfo
from tests.clients import KINDS, open_client
from tests.oracle import Fill, HedgeRuleBrokenError
from tests.oracle_ledger import BookKey, OracleLedger
from tests.stored import BookName, BookRows, expected_books, stored_books
from tests.strategies import BOOKS, START, THOUSANDS, sets_of_fills
from tests.translation import arguments

ONE_WAY = BOOKS[0]


@dataclass
class Ledgers:
    """Opens clients on fresh accounts, and reads what became of them."""

    connection: psycopg.Connection[Any]
    database_url: str
    make_account: Callable[[], str]

    @contextmanager
    def client(self, kind: str = "blocking") -> Iterator[LedgerClient]:
        account = self.make_account()
        with open_client(kind, f"bot-{account}", account=account, database_url=self.database_url) as client:
            client.register_instrument(THOUSANDS.symbol, multiplier=1000)
            yield client

    def tables(self, client: LedgerClient) -> dict[BookName, BookRows]:
        return stored_books(self.connection, client.register())


@pytest.fixture
def ledgers(shared_database_url: str, make_account: Callable[[], str]) -> Iterator[Ledgers]:
    with psycopg.connect(to_conninfo(shared_database_url), autocommit=True) as connection:
        yield Ledgers(connection, shared_database_url, make_account)


def possible(key: BookKey, fills: Sequence[Fill]) -> tuple[OracleLedger, list[Fill]]:
    """Those of the fills that a book can hold together: a hedge leg is never closed further than it is open."""
    oracle, kept = OracleLedger(), []
    for fill in sorted(fills, key=lambda one: one.order):
        try:
            oracle.record([(key, fill)])
        except HedgeRuleBrokenError:
            continue
        kept.append(fill)
    return oracle, kept


def deliver(client: LedgerClient, key: BookKey, pieces: list[list[Fill]]) -> None:
    """Brings every piece until the ledger has taken it: a leg's close may come before what it closes."""
    while pieces:
        refused = []
        for piece in pieces:
            given = [arguments(key, fill) for fill in piece]
            try:
                if len(given) == 1:
                    client.record_fill(**given[0])
                else:
                    client.record_fills(given)
            except InsufficientPositionError:
                assert key.position_idx != 0
                refused.append(piece)
        if len(refused) == len(pieces):
            # Pieces that are possible only together with others.
            refused = [[fill] for piece in pieces for fill in piece]
        pieces = refused


@st.composite
def deliveries(draw: st.DrawFn, fills: list[Fill]) -> list[list[Fill]]:
    """All fills and some of them again, in any order, cut into pieces."""
    again = draw(st.lists(st.sampled_from(fills), max_size=4))
    mixed = draw(st.permutations(fills + again))
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed)), max_size=len(mixed))) | {0, len(mixed)})
    return [mixed[start:end] for start, end in pairwise(cuts)]


@pytest.mark.parametrize("key", BOOKS, ids=lambda key: f"{key.instrument.category}{key.position_idx}")
@given(data=st.data())
def test_any_order_and_repetition(key: BookKey, ledgers: Ledgers, data: st.DataObject) -> None:
    oracle, fills = possible(key, data.draw(sets_of_fills(key, most=7)))
    if not fills:
        return
    for _ in range(2):
        with ledgers.client(data.draw(st.sampled_from(KINDS))) as client:
            deliver(client, key, data.draw(deliveries(fills)))
            assert ledgers.tables(client) == expected_books(oracle)


def fill(number: int, side: str, qty: str, second: int) -> Fill:
    return Fill(
        exec_id=f"e{number}",
        side=side,
        price=Fraction(100 + number),
        qty=Fraction(qty),
        time=START + timedelta(seconds=second),
        commission=Fraction(number, 1000),
        commission_asset="USDT",
    )


def test_late_fill_becomes_the_older_lot(ledgers: Ledgers) -> None:
    bought, sold, late = fill(0, "Buy", "1", 1), fill(20, "Sell", "1", 3), fill(10, "Buy", "1", 0)
    for order in permutations([bought, sold, late]):
        with ledgers.client() as client:
            deliver(client, ONE_WAY, [[one] for one in order])
            (lot,) = client.get_open_position_entries("BTCUSDT")
            (trade,) = client.get_completed_trades("BTCUSDT")
            assert lot.remaining_qty == 1
            assert lot.entry_price == 100
            assert trade.entry_price == 110
            assert trade.gross_pnl == 10


LINES = [key for key in BOOKS if key.instrument.category in {"linear", "inverse"} and key.position_idx in {0, 1}]


@pytest.mark.parametrize("behind", [1, 15, 16, 40])  # fills are applied again one by one, or derived
@pytest.mark.parametrize("key", LINES, ids=lambda key: f"{key.instrument.symbol}-{key.position_idx}")
def test_late_by_so_many_fills(ledgers: Ledgers, key: BookKey, behind: int) -> None:
    """A late fill that opens, that closes a part, and on a one-way line that leaves nothing and that flips."""
    later = [fill(n, "Sell" if n % 3 else "Buy", "2" if n % 3 else "3.5", 10 + n) for n in range(1, behind + 1)]
    before = [fill(100, "Buy", "60", 0), fill(101, "Buy", "40.5", 1), fill(102, "Sell", "30", 2)]
    ways = [("Buy", "7"), ("Sell", "0.5")] + ([("Sell", "70.5"), ("Sell", "150")] if key.position_idx == 0 else [])
    for side, qty in ways:
        fills = [*before, *later, fill(103, side, qty, 5)]
        oracle = OracleLedger()
        oracle.record([(key, one) for one in fills])
        with ledgers.client() as client:
            deliver(client, key, [before, later, fills[-1:]])
            assert ledgers.tables(client) == expected_books(oracle)


def test_every_order_of_a_busy_book(ledgers: Ledgers) -> None:
    """Flip, equal times, and an order known as a whole whose executions do not add up yet."""
    whole = replace(fill(3, "Sell", "4", 20), exec_id="order:A", order_id="A")
    fills = [
        fill(1, "Buy", "3", 10),
        fill(2, "Buy", "0.7", 10),
        whole,
        replace(fill(4, "Sell", "1.5", 30), order_id="A"),
        replace(fill(5, "Sell", "1", 5), order_id="A"),
    ]
    oracle = OracleLedger()
    oracle.record([(ONE_WAY, one) for one in fills])
    for order in permutations(fills):
        with ledgers.client() as client:
            deliver(client, ONE_WAY, [[one] for one in order])
            assert ledgers.tables(client) == expected_books(oracle)


def test_repetition_writes_nothing(ledgers: Ledgers) -> None:
    fills = [fill(1, "Buy", "3", 10), fill(2, "Sell", "5", 20), fill(3, "Buy", "1", 15)]
    with ledgers.client() as client:
        first = [client.record_fill(**arguments(ONE_WAY, one)) for one in fills]
        again = [client.record_fill(**arguments(ONE_WAY, one)) for one in fills]
        together = client.record_fills([arguments(ONE_WAY, one) for one in fills])
    assert [result.duplicate for result in first] == [False] * 3
    assert [result.duplicate for result in again + together] == [True] * 6
    assert [result.fill_id for result in again] == [result.fill_id for result in first]
    assert [result.completed_trades for result in together] == [result.completed_trades for result in again]
    assert together[0].position.book_seq == 3
