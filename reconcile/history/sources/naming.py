"""Names of columns as exporters spell them: with spaces, dots, capitals and a zone behind the time."""

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

_ZONE = re.compile(r"\(\s*UTC\s*(?:([+-])\s*(\d{1,2})(?::?(\d{2}))?)?\s*\)", re.IGNORECASE)
# 10:00 2026-01-10, as Bybit's order pages export it
_TIME_FIRST = r"^(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s+(\d{4}-\d{2}-\d{2})$"
_WITHOUT_ZONE = r"^(\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$"


def plain(name: str) -> str:
    """Letters and digits of a name, in lower case: "Order No." is "orderno"."""
    return re.sub(r"[^a-z0-9&]", "", name.lower())


def find(names: Sequence[str], *spellings: str) -> str | None:
    """The first of `spellings`, in the form of `plain`, that is among the names; the zone of a time is left out."""
    known = {plain(_ZONE.sub("", name)): name for name in names}
    return next((known[spelling] for spelling in spellings if spelling in known), None)


def offset(name: str) -> str | None:
    """The offset that a column's name states, as in "Time(UTC+8)"; None where it states none."""
    found = _ZONE.search(name)
    if not found:
        return None
    sign, hours, minutes = found.groups()
    return f"{sign or '+'}{int(hours or 0):02}:{minutes or '00'}"


def moments(column: pa.ChunkedArray, zone: str | None) -> pa.ChunkedArray:
    """Times with the date first and with the offset of their column; what looks otherwise stays as it is."""
    dated = pc.replace_substring_regex(column, _TIME_FIRST, r"\2 \1")
    return dated if zone is None else pc.replace_substring_regex(dated, _WITHOUT_ZONE, rf"\1{zone}")
