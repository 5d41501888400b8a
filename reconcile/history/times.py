"""Reading columns of times. A time that could mean two moments is refused."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import available_timezones

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ledger.errors import InvalidInputError
from ledger.money import END_OF_TIME, FIRST_TIME

MOMENT = pa.timestamp("us", "UTC")
_DAY = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?"
_ZONED = _DAY + r" ?(Z|[+-]\d\d(:?\d\d)?)$"
_LOCAL = _DAY + "$"
# How many digits a time since 1970 has, from 2001 to 2286, and what one unit of it is in nanoseconds.
_EPOCHS = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
_FIRST, _END = pa.scalar(FIRST_TIME, MOMENT), pa.scalar(END_OF_TIME, MOMENT)
_FORM = "a time such as 2024-05-01T12:00:00.123Z, or seconds, milli-, micro- or nanoseconds since 1970"


def require_zone(name: str) -> str:
    """The IANA name of a time zone. Raises InvalidInputError."""
    if name not in available_timezones():
        raise InvalidInputError("timezone", name, "an IANA name such as Europe/Berlin, or UTC")
    return name


def read_times(cells: pa.StringArray, zone: str | None) -> tuple[pa.Array, pa.Array]:
    """Moments, and for those that cannot be read why. `zone` is that of times without an offset; None refuses them."""
    zoned = pc.match_substring_regex(cells, _ZONED)
    plain = pc.replace_substring_regex(pc.replace_substring(cells, " ", "T", max_replacements=1),
                                       r"(\.\d{6})0+", r"\1")  # fmt: skip
    plain = pc.replace_substring(plain, " ", "")
    if pc.all(zoned).as_py():
        return _in_the_calendar(*_parsed(plain, MOMENT, _aware))
    local = pc.match_substring_regex(cells, _LOCAL)
    moments, reasons = _since_1970(cells)
    reasons = pc.if_else(pc.or_(zoned, local), None, reasons)
    if pc.any(zoned).as_py():
        found, wrong = _parsed(pc.if_else(zoned, plain, None), MOMENT, _aware)
        moments, reasons = pc.coalesce(moments, found), pc.coalesce(reasons, wrong)
    if pc.any(local).as_py():
        found, wrong = _localized(pc.if_else(local, plain, None), zone)
        moments, reasons = pc.coalesce(moments, found), pc.coalesce(reasons, wrong)
    return _in_the_calendar(moments, reasons)


def _in_the_calendar(moments: pa.Array, reasons: pa.Array) -> tuple[pa.Array, pa.Array]:
    """What not every time zone can show is refused."""
    outside = pc.fill_null(pc.or_(pc.less(moments, _FIRST), pc.greater_equal(moments, _END)), False)
    return pc.if_else(outside, None, moments), pc.if_else(outside, "from 0001-01-02 to 9999-12-30 UTC", reasons)


def _since_1970(cells: pa.StringArray) -> tuple[pa.Array, pa.Array]:
    digits = pc.if_else(pc.match_substring_regex(cells, r"^\d{10,19}$"), cells, None)
    length = pc.utf8_length(digits)
    known = pc.is_in(length, pa.array(list(_EPOCHS), pa.int32()))
    number = pc.if_else(pc.fill_null(known, False), digits, None).cast(pa.int64())
    micro = pa.nulls(len(cells), pa.int64())
    for size, nanoseconds in _EPOCHS.items():
        of_size = pc.fill_null(pc.equal(length, size), False)
        if not pc.any(of_size).as_py():
            continue
        own = pc.if_else(of_size, number, None)
        if nanoseconds == 1:
            whole = pc.divide(own, 1000)
            own = pc.if_else(pc.equal(pc.multiply(whole, 1000), own), whole, None)
        else:
            own = pc.multiply(own, nanoseconds // 1000)
        micro = pc.coalesce(micro, own)
    wrong = pc.and_(pc.is_valid(cells), pc.is_null(micro))
    return micro.cast(MOMENT), pc.if_else(wrong, _FORM, None)


def _parsed(texts: pa.StringArray, kind: pa.DataType, one: Callable[[str], datetime]) -> tuple[pa.Array, pa.Array]:
    try:
        return texts.cast(kind), pa.nulls(len(texts), pa.string())
    except pa.ArrowInvalid:
        pass  # one of them is no day of the calendar, such as 30 February: which?
    moments: list[datetime | None] = []
    reasons: list[str | None] = []
    for text in texts.to_pylist():
        try:
            moments.append(None if text is None else one(text))
            reasons.append(None)
        except ValueError as error:
            moments.append(None)
            reasons.append(f"a day and an hour of the calendar: {error}")
    return pa.array(moments, kind), pa.array(reasons, pa.string())


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text)  # Arrow converts it, beyond the calendar too


def _localized(texts: pa.StringArray, zone: str | None) -> tuple[pa.Array, pa.Array]:
    if zone is None:
        nothing = pa.nulls(len(texts), MOMENT)
        return nothing, pc.if_else(pc.is_valid(texts), "a time with its offset from UTC; state a time zone for those "
                                   "without", None)  # fmt: skip
    clock, reasons = _parsed(texts, pa.timestamp("us"), datetime.fromisoformat)
    first, last = (
        pc.assume_timezone(clock, zone, ambiguous=which, nonexistent=which).cast(MOMENT)
        for which in ("earliest", "latest")
    )
    twice = np.asarray(pc.fill_null(pc.not_equal(first, last), False), dtype=bool)
    if twice.any():
        said = f"a time that is there once: the clocks of {zone} were changed then"
        return pc.if_else(pa.array(twice), None, first), pc.coalesce(pc.if_else(pa.array(twice), said, None), reasons)
    return first, reasons
