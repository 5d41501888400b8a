"""Columns of numbers against Python's own exact numbers."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.money import plain as plain_decimal
from reconcile.history.numbers import (
    Column,
    Integers,
    half_even,
    places,
    plain,
    read_column,
    read_texts,
    running,
    scaled,
    share,
    text,
    times,
    total,
)
from tests import oracle

PLAIN = st.from_regex(r"\A[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})\Z")
WITH_EXPONENT = st.from_regex(r"\A[+-]?[0-9]{1,9}(\.[0-9]{0,9})?[eE][+-]?[0-9]{1,2}\Z")
SMALL = st.decimals(-1000, 1000, places=3).map(str)
EDGES = st.sampled_from([0, 1, -1, 2**31, 2**62 - 1, 2**62, 2**63 - 1, -(2**63), 2**63, 2**64, 10**30 - 1])
WHOLE = st.one_of(st.integers(-100, 100), st.integers(-(10**40), 10**40), EDGES)


def strings(values: Sequence[str | None]) -> pa.StringArray:
    return pa.array(values, pa.string())


def column(values: Sequence[int]) -> Integers:
    """As `read_column` makes them: fixed width where all fit."""
    return read_column(strings([str(value) for value in values])).units


def objects(values: Sequence[int]) -> Integers:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


@given(st.lists(st.one_of(PLAIN, WITH_EXPONENT, st.none()), max_size=8))
def test_what_is_read_is_the_number_in_plain_digits(cells: list[str | None]) -> None:
    read, reasons = read_texts(strings(cells))
    for cell, found, reason in zip(cells, read.to_pylist(), reasons.to_pylist(), strict=True):
        if cell is None:
            assert (found, reason) == (None, None)
        elif reason is None:
            assert Fraction(found) == Fraction(cell)
            assert found == plain_decimal(Decimal(cell))
        else:  # only an exponent can lead to more digits than are allowed
            assert found is None
            _, digits, exponent = Decimal(cell).as_tuple()
            assert isinstance(exponent, int)
            assert "e" in cell.lower()
            assert exponent < -30 or len(digits) + exponent > 30


NO_NUMBERS = """
1,000.5 1.000,5 1_000 0,5 NaN nan Infinity -inf 1e400 1e-400 1e e5 0x10 1.2.3 --1 +-1 - + . 1.5- ٣ ½ five 1/2 $5 5%
1'000 True null 1e5.5 1e+ (5)
"""
NO_NUMBERS_EITHER = ["1 000", "1\u00a0000", "1\n", "\uff11", "\N{MINUS SIGN}1", "1" * 31, "0." + "1" * 31]


@pytest.mark.parametrize("cell", NO_NUMBERS.split() + NO_NUMBERS_EITHER)
def test_what_is_no_number_is_refused_never_read_as_another(cell: str) -> None:
    read, reasons = read_texts(strings(["1.5", cell]))
    assert read.to_pylist() == ["1.5", None]
    assert reasons[0].as_py() is None
    assert "decimal point" in reasons[1].as_py()


@given(st.lists(st.one_of(PLAIN, SMALL), max_size=8))
def test_columns_hold_each_number_and_write_it_again(cells: list[str]) -> None:
    read = read_texts(strings(cells))[0]
    held = read_column(read)
    assert [Fraction(int(unit), 10**held.scale) for unit in held.units] == [Fraction(cell) for cell in cells]
    assert text(held).to_pylist() == read.to_pylist()
    assert [plain(int(unit), held.scale) for unit in held.units] == read.to_pylist()
    finer = held.at(held.scale + 30)
    assert [Fraction(int(unit), 10 ** (held.scale + 30)) for unit in finer] == [Fraction(cell) for cell in cells]
    for cell in read.to_pylist():
        assert places(cell) <= held.scale
        assert Fraction(scaled(cell, held.scale), 10**held.scale) == Fraction(cell)


def test_null_counts_as_nothing() -> None:
    assert read_column(strings([None, "1.5"])).units.tolist() == [0, 15]


def test_columns_of_slices_and_of_nothing() -> None:
    assert read_column(strings(["9.9", "1.25", "-3", "7"]).slice(1, 2)).units.tolist() == [125, -300]
    nothing = read_column(strings([]))
    assert text(Column(nothing.at(40), 40)).to_pylist() == []
    assert total(nothing.units) == 0


@given(st.lists(st.tuples(WHOLE, WHOLE), max_size=6), WHOLE)
def test_products_and_sums_are_exact_whatever_their_size(pairs: list[tuple[int, int]], more: int) -> None:
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert times(column(a), column(b)).tolist() == [x * y for x, y in pairs]
    assert times(column(a), more).tolist() == [x * more for x in a]
    sums = [more + sum(a[: n + 1]) for n in range(len(a))]
    assert running(column(a), more).tolist() == sums
    assert total(column(a)) == sum(a)


def test_sums_that_no_machine_word_holds() -> None:
    large = column([2**62, 2**62, 2**62])
    assert total(large) == 3 * 2**62
    assert running(large).tolist() == [2**62, 2**63, 3 * 2**62]
    held = read_column(strings(["4611686018427387904"] * 3))
    assert int(sum(held.units)) == 3 * 2**62
    assert held.at(1).tolist() == [10 * 2**62] * 3
    widest = read_column(strings(["9" * 30 + "." + "9" * 30, "1"]))
    assert [int(unit) for unit in widest.units] == [10**60 - 1, 10**30]


@given(st.lists(st.tuples(WHOLE, WHOLE.filter(bool)), min_size=1, max_size=6))
def test_quotients_are_rounded_half_to_even(pairs: list[tuple[int, int]]) -> None:
    found = half_even(objects([n for n, _ in pairs]), objects([d for _, d in pairs]))
    assert [Fraction(int(one), oracle.UNIT) for one in found] == [oracle.half_even(Fraction(n, d)) for n, d in pairs]


@pytest.mark.parametrize("scale", [18, 19, 30, 60])
@example(cuts=[1, 1, 5], amount=10**60)
@example(cuts=[3, 4], amount=-1)
@given(cuts=st.lists(st.integers(1, 50), min_size=1, max_size=8), amount=WHOLE)
def test_shares_of_cuts_add_up_to_the_whole(scale: int, cuts: list[int], amount: int) -> None:
    whole, ends = sum(cuts), np.cumsum(cuts)
    starts = ends - np.array(cuts)
    count = len(cuts)
    parts = share(objects([amount] * count), starts, ends, np.full(count, whole), scale).tolist()
    assert sum(parts) == amount
    exact = Fraction(amount, 10**scale)
    for start, end, part in zip(starts.tolist(), ends.tolist(), parts, strict=True):
        expected = oracle.running_share(exact, Fraction(end), Fraction(whole)) - oracle.running_share(
            exact, Fraction(start), Fraction(whole)
        )
        assert Fraction(part, 10**scale) == expected


@pytest.mark.parametrize(("halves", "units"), [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)])
def test_half_a_unit_goes_to_the_even_one(halves: int, units: int) -> None:
    assert half_even(objects([halves]), objects([2 * oracle.UNIT])).tolist() == [units]
