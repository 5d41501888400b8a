"""Matching in columns against lots that are consumed one by one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reconcile.history.matching import Matched, Start, match
from reconcile.history.numbers import Integers
from tests.oracle import Book, Fill, Instrument, derive

LINEAR = Instrument("linear", "BTCUSDT", "BTC", "USDT", "USDT")
NOON = datetime(2026, 1, 1, tzinfo=UTC)
# Few sizes, so that closes end at lots; and some that no machine word holds.
SIZES = st.one_of(st.integers(1, 4), st.integers(1, 10**6), st.sampled_from([2**62, 2**63, 10**40]))
SIGNED = st.lists(
    st.tuples(SIZES, st.booleans()).map(lambda one: one[0] if one[1] else -one[0]), min_size=1, max_size=30
)
Pieces = list[tuple[int, int, int]]


def units(values: Sequence[int]) -> Integers:
    """Fixed width where the sum of all fits, as `numbers.read_column` has it."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found.astype(np.int64) if sum(map(abs, values)) < 2**62 else found


def expected(signed: Sequence[int]) -> Book:
    fills = [
        Fill(str(n), "Buy" if qty > 0 else "Sell", Fraction(1), Fraction(abs(qty)), NOON + timedelta(seconds=n),
             Fraction(0), "USDT")
        for n, qty in enumerate(signed)
    ]  # fmt: skip
    return derive(LINEAR, 0, fills)


def pieces(book: Book) -> Pieces:
    return [(int(trade.entry.exec_id), int(trade.exit.exec_id), int(trade.qty)) for trade in book.trades]


def start_of(book: Book, cycle_id: int) -> Start:
    """Where a book stands, as its row and its open lots say."""
    opened = closed = 0
    for lot in book.lots:
        if lot.fill.exec_id == str(cycle_id):
            opened = closed = 0
        opened, closed = opened + int(lot.original), closed + int(lot.closed)
    held = book.open_lots
    sign = -1 if book.side == "Sell" else 1
    lots = units([int(lot.original) for lot in held]), units([int(lot.closed) for lot in held])
    return Start(sign * int(book.size), cycle_id, opened, closed, lots)


def check(found: Matched, held: Sequence[int], first: int, before: Book, after: Book) -> None:
    names = [*held, *range(first, first + len(found.closing))]
    closed = found.closed
    got = [
        (names[lot], first + int(fill), int(to) - int(since))
        for lot, fill, since, to in zip(closed.lot, closed.fill, closed.lot_from, closed.lot_to, strict=True)
    ]
    assert got == pieces(after)[len(before.trades) :]
    assert [int(to - since) for since, to in zip(closed.fill_from, closed.fill_to, strict=True)] == [p[2] for p in got]
    # The shares of a commission depend on where its pieces lie: one behind the other, from what is closed already.
    reached = {number: int(lot.closed) for number, lot in enumerate(before.open_lots)}
    assert _continues(closed.lot, closed.lot_from, closed.lot_to, reached)
    assert _continues(closed.fill, closed.fill_from, closed.fill_to, {})
    lots = [(int(lot.fill.exec_id), int(lot.original)) for lot in after.lots[len(before.lots) :]]
    opened = found.opened
    assert [(first + int(f), int(e - s)) for f, s, e in zip(opened.fill, opened.start, opened.end, strict=True)] == lots
    assert abs(found.position) == after.size
    assert {0: "None", 1: "Buy", -1: "Sell"}[(found.position > 0) - (found.position < 0)] == after.side


def _continues(whose: Integers, since: Integers, until: Integers, reached: dict[int, int]) -> bool:
    for number, begin, end in zip(whose, since, until, strict=True):
        if int(begin) != reached.get(int(number), 0):
            return False
        reached[int(number)] = int(end)
    return True


@given(SIGNED, st.data())
def test_a_book_matched_in_two_blocks_is_the_book_matched_fill_by_fill(signed: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(signed)))
    before, after, nothing = expected(signed[:cut]), expected(signed), expected([])
    start, held = Start(0, -1, 0, 0, (units([]), units([]))), []
    if cut:
        found = match(start, np.arange(cut), units(signed[:cut]))
        check(found, [], 0, nothing, before)
        start = start_of(before, found.cycle_id)
        assert start.opened == found.axis
        held = [int(lot.fill.exec_id) for lot in before.open_lots]
    if cut < len(signed):
        found = match(start, np.arange(cut, len(signed)), units(signed[cut:]))
        check(found, held, cut, before, after)
        assert start_of(after, found.cycle_id).opened == found.axis


def test_an_axis_that_no_machine_word_holds() -> None:
    start = Start(2**63, 7, 2**63, 0, (units([2**63]), units([0])))
    found = match(start, np.arange(2), units([5, -3]))
    assert (found.axis, found.position, found.cycle_id) == (2**63 + 5, 2**63 + 2, 7)
    assert [int(one) for one in found.opened.end] == [2**63 + 5]


def test_a_flip_by_one_unit_begins_a_cycle() -> None:
    found = match(Start(0, 0, 0, 0, (units([]), units([]))), np.arange(7, 10), units([1, -3, 2]))
    assert found.opened.cycle_id.tolist() == [7, 8]
    assert (found.opened.start.tolist(), found.opened.end.tolist()) == ([0, 0], [1, 2])
    assert (found.position, found.cycle_id, found.axis) == (0, 8, 2)
