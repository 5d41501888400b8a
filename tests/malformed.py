"""Malformed answers, made of well-formed ones: what a broken proxy, a new version or an enemy may send."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

_ODD_TEXTS = [
    "", " ", "NaN", "Infinity", "-Infinity", "1e400", "1e99", "-1", "0", "None", "null", "\x00", "a\x00b", "\ud800",
    chr(0xFF19), "1_000", "0x10", chr(0x661), "x" * 5000, "9" * 60, "-0", "1e-99", "Buy", "true", "[]", "{}",
]  # fmt: skip
_ODD_NUMBERS = [0, -1, 1, 3, 2**31, 2**63, -(2**63) - 1, 10**50, 1.5, -0.0, float("nan"), float("inf"), 1e308, True]

_NO_ANSWERS = [b"[" * 100_000, b'{"retCode":' * 5000, b'"', b"null", b"NaN", b"<html>", b"9" * 5000, b""]


def _nested(depth: int) -> Any:
    value: Any = "deep"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.sampled_from(_ODD_TEXTS) | st.sampled_from(_ODD_NUMBERS) | st.text(max_size=12)
)
odd: st.SearchStrategy[Any] = (
    scalars
    | st.integers(1, 200).map(_nested)
    | st.lists(scalars, max_size=3)
    | st.dictionaries(st.text(max_size=5), scalars, max_size=3)
)


@st.composite
def damaged_rows(draw: st.DrawFn, row: dict[str, Any]) -> Any:
    """A row with fields that are missing, of another type, or out of all bounds; or no row at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(odd)
    changed = copy.deepcopy(row)
    for name in draw(st.lists(st.sampled_from(sorted(row)), min_size=1, max_size=4, unique=True)):
        if draw(st.booleans()):
            changed.pop(name)
        else:
            changed[name] = draw(odd)
    return changed


@st.composite
def damaged_bodies(draw: st.DrawFn, body: bytes) -> bytes:
    """A body that is cut, not JSON, in another encoding, nested without an end, or whose envelope is broken."""
    kind = draw(st.integers(0, 8))
    if kind == 0:
        return body[: draw(st.integers(0, len(body) - 1))]
    if kind == 1:
        at = draw(st.integers(0, len(body) - 1))
        return body[:at] + draw(st.binary(min_size=1, max_size=4)) + body[at + 1 :]
    if kind == 2:
        return body.decode().encode(draw(st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "cp037"])))
    if kind == 3:
        return draw(
            st.sampled_from([b"[" * 100_000, b'{"retCode":' * 5000, b'"', b"null", b"NaN", b"<html>", b"9" * 5000])
        )
    answer = json.loads(body)
    if kind == 4:
        return json.dumps(draw(odd)).encode()
    place = draw(st.sampled_from([answer, answer.get("result") or answer]))
    name = draw(st.sampled_from(sorted(place)))
    if draw(st.booleans()):
        place.pop(name)
    else:
        place[name] = draw(odd)
    return json.dumps(answer).encode()
