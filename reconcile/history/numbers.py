"""Exact decimals in columns: arrays of whole numbers at one scale, and their text.

An array is int64 where every value and every sum over it fits, else it holds Python's own integers, which have no
limit: the same operations work on both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PLACES = 18  # of results that have to be rounded
_ONE = 10**PLACES
LARGEST = 2**62  # leaves a bit for one addition
_DIGITS = 18  # that surely fit int64

# PostgreSQL's and Python's own words for what is no number, and signs in other places, do not match.
_NUMBER = r"^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})$"
_RULE = "a number with a decimal point, without thousands separators, of at most 30 digits before and after the point"
_PLAIN = r"^(0|-?[1-9]\d{0,29}|-?(0|[1-9]\d{0,29})\.\d{0,29}[1-9])$"
_EXPONENT = r"^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})[eE][+-]?\d{1,2}$"

Integers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers: `units` / 10^`scale`."""

    units: Integers
    scale: int

    def at(self, scale: int) -> Integers:
        """The units at a larger scale."""
        return _small(times(self.units, 10 ** (scale - self.scale)))

    def take(self, where: Integers) -> "Column":
        """Those at some places."""
        return Column(self.units[where], self.scale)


def read_column(texts: pa.StringArray) -> Column:
    """Plain decimals; NULL is read as 0."""
    filled = pc.fill_null(texts, "0")
    point = pc.find_substring(filled, ".")
    behind = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.subtract(pc.utf8_length(filled), point), 1))
    scale = pc.max(behind).as_py() or 0 if len(filled) else 0
    longest = pc.max(pc.utf8_length(filled)).as_py() or 0 if len(filled) else 0
    if longest + scale <= 38:
        return Column(_small(_units(filled, scale)), scale)
    shift = 10**scale
    return Column(_objects([int(Decimal(text) * shift) if len(text) < 20 else _exact(text, scale)
                            for text in filled.to_pylist()]), scale)  # fmt: skip


def _exact(text: str, scale: int) -> int:
    whole, _, behind = text.partition(".")
    return int(whole + behind.ljust(scale, "0"))


def _units(texts: pa.StringArray, scale: int) -> Integers:
    """By Arrow's 128-bit decimals: little-endian pairs of 64 bits, of which one is enough for small numbers."""
    decimals = texts.cast(pa.decimal128(38, scale))
    if isinstance(decimals, pa.ChunkedArray):
        decimals = decimals.combine_chunks()
    pairs = np.frombuffer(decimals.buffers()[1], dtype="<i8").reshape(-1, 2)
    pairs = pairs[decimals.offset : decimals.offset + len(decimals)]
    low, high = pairs[:, 0], pairs[:, 1]
    if np.array_equal(high, low >> 63):
        return low.copy()
    wide: Integers = (high.astype(object) << 64) + low.astype("<u8").astype(object)
    return wide


def _small(units: Integers) -> Integers:
    """int64 where every sum over the array fits, else Python's integers."""
    if units.dtype == object or not len(units):
        return units
    if float(np.abs(units.astype(np.float64)).sum()) < LARGEST:
        return units
    return units.astype(object)


def _objects(values: Sequence[int]) -> Integers:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def times(a: Integers, b: Integers | int) -> Integers:
    """The products, exactly."""
    if a.dtype == object or (isinstance(b, np.ndarray) and b.dtype == object):
        return a * b
    factor = _most(b) if isinstance(b, np.ndarray) else abs(b)
    return a * b if max(_most(a), 1) * factor < LARGEST else a.astype(object) * b


def _most(units: Integers) -> int:
    return max(abs(int(units.max())), abs(int(units.min()))) if len(units) else 0


def running(units: Integers, start: int = 0) -> Integers:
    """`start` plus the running sums."""
    if units.dtype != object and abs(start) + float(np.abs(units.astype(np.float64)).sum()) >= LARGEST:
        units = units.astype(object)
    if units.dtype != object:
        return np.cumsum(units) + start
    return np.add.accumulate(units) + start if len(units) else units


def total(units: Integers) -> int:
    """The sum."""
    return int(_small(units).sum()) if len(units) else 0


def half_even(n: Integers, d: Integers) -> Integers:
    """The quotients in units of 10^-18, rounded half to even."""
    return _quotient(n.astype(object) * _ONE, d.astype(object))


def _quotient(n: Integers, d: Integers) -> Integers:
    quotient = n // d  # rounded down, so that the remainder has the divisor's sign
    twice = np.abs((n - quotient * d) * 2)
    size = np.abs(d)
    up = (twice > size) | ((twice == size) & (quotient % 2 != 0))
    rounded: Integers = quotient + up.astype(np.int64).astype(object)
    return rounded


def share_of_first(amount: Integers, x: Integers, whole: Integers, scale: int) -> Integers:
    """What the first x units out of `whole` have of `amount`, by the rule of cumulative rounding, to PLACES."""
    result = _objects([0] * len(amount))
    everything = np.asarray(x == whole, dtype=bool)
    result[everything] = amount[everything].astype(object)
    part = ~everything & np.asarray(x != 0, dtype=bool) & np.asarray(amount != 0, dtype=bool)
    if part.any():
        unit = 10 ** (scale - PLACES)
        result[part] = unit * _quotient(
            amount[part].astype(object) * x[part].astype(object), whole[part].astype(object) * unit
        )
    return result


def share(amount: Integers, a: Integers, b: Integers, whole: Integers, scale: int = PLACES) -> Integers:
    """The part of `amount` that belongs to the units (a, b] out of `whole`; both amounts at `scale`, from PLACES on."""
    return share_of_first(amount, b, whole, scale) - share_of_first(amount, a, whole, scale)


def text(column: Column) -> pa.StringArray:
    """Plain decimals without trailing zeros."""
    units, scale = column.units, column.scale
    negative = np.asarray(units < 0, dtype=bool)
    size = np.abs(units)
    base = 10**scale
    if size.dtype != object and base >= LARGEST:
        size = size.astype(object)
    whole, behind = np.divmod(size, base) if size.dtype != object else (size // base, size % base)
    if size.dtype == object:
        if scale > _DIGITS or (len(whole) and max(whole) >= LARGEST):
            return pa.array([plain(int(value), scale) for value in units], pa.string())
        whole, behind = whole.astype(np.int64), behind.astype(np.int64)
    result = pa.array(whole).cast(pa.string())
    if scale and len(behind) and behind.any():
        digits = pc.utf8_lpad(pa.array(behind).cast(pa.string()), scale, "0")
        digits = pc.utf8_rtrim(digits, "0")
        with_point = pc.binary_join_element_wise(result, digits, ".")
        result = pc.if_else(pa.array(behind == 0), result, with_point)
    if negative.any():
        result = pc.if_else(pa.array(negative), pc.binary_join_element_wise("-", result, ""), result)
    return result


def read_texts(cells: pa.StringArray) -> tuple[pa.StringArray, pa.Array]:
    """Decimals as a source writes them, made plain; and for those that cannot be read why."""
    others = pc.fill_null(pc.invert(pc.match_substring_regex(cells, _PLAIN)), False)
    if not pc.any(others).as_py():
        return cells, pa.nulls(len(cells), pa.string())
    found, reasons = _made_plain(cells.filter(others))
    none = pa.nulls(len(cells), pa.string())
    return pc.replace_with_mask(cells, others, found), pc.replace_with_mask(none, others, reasons)


def _made_plain(cells: pa.StringArray) -> tuple[pa.StringArray, pa.Array]:
    cells = _without_exponents(cells)
    wrong = pc.invert(pc.match_substring_regex(cells, _NUMBER))
    sound = pc.if_else(wrong, None, cells)
    sound = pc.replace_substring_regex(sound, r"^\+", "")
    sound = pc.replace_substring_regex(sound, r"^(-?)0*(\d)", r"\1\2")
    sound = pc.replace_substring_regex(sound, r"^(-?)\.", r"\10.") if _any(sound, r"^-?\.") else sound
    sound = pc.replace_substring_regex(sound, r"(\.\d*?)0*$", r"\1")
    sound = pc.replace_substring_regex(sound, r"\.$", "")
    sound = pc.if_else(pc.equal(sound, "-0"), "0", sound)
    return sound, pc.if_else(wrong, _RULE, None)


def _without_exponents(cells: pa.StringArray) -> pa.StringArray:
    """1e-05 is how many a program writes 0.00001."""
    if not _any(cells, _EXPONENT):
        return cells
    given = cells.to_pylist()
    return pa.array(
        [format(Decimal(cell), "f") if cell is not None and re.fullmatch(_EXPONENT, cell) else cell for cell in given],
        pa.string(),
    )


def _any(cells: pa.StringArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())


def plain(units: int, scale: int) -> str:
    """One number's text."""
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(scale + 1, "0")
    if not scale:
        return sign + digits
    behind = digits[-scale:].rstrip("0")
    return sign + digits[:-scale] + ("." + behind if behind else "")


def scaled(number: str, scale: int) -> int:
    """One plain decimal at a scale that holds it."""
    negative, digits = number.startswith("-"), number.lstrip("-")
    value = _exact(digits, scale)
    return -value if negative else value


def places(number: str) -> int:
    """How many digits stand behind the point."""
    return len(number.partition(".")[2])
