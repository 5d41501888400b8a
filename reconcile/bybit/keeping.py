"""The venue's objects as they are kept: whatever came, so that it can be stored, compared and shown."""

import math
from collections.abc import Mapping
from typing import Any

_DEEPEST = 32  # Bybit nests three levels
_LONGEST = 20_000  # characters of one text
_DIGITS = 4000  # of a whole number; Python writes no longer ones


def kept(value: Any, depth: int = 0) -> Any:
    """The same, except for what no database takes: half characters, NUL, numbers that are none, endless nesting."""
    if isinstance(value, str):  # nearly all that the venue sends
        return _text(value)
    if not isinstance(value, Mapping | list):
        return _number(value)
    if depth == _DEEPEST:
        return "…"
    if isinstance(value, list):
        return [kept(inner, depth + 1) for inner in value]
    return {_text(str(name)): kept(inner, depth + 1) for name, inner in value.items()}


def _text(value: str) -> str:
    if value.isascii() and "\0" not in value:
        return value[:_LONGEST]
    return value[:_LONGEST].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _number(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > 3 * _DIGITS:
        return "a whole number of thousands of digits"
    return value
