"""How Bybit writes values, and what they become: "" is None, numbers are exact, times have 13 digits.

Bybit sends numbers as texts; what it sends as numbers is read through its shortest text, never through a binary
fraction.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reconcile.bybit.times import from_ms

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{13}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_LARGEST = 2**63 - 1
_LONGEST = 200


def _none_if_empty(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _none_if_unknown(value: Any) -> Any:
    return None if value in ("", "UNKNOWN") else value


def _zero_if_empty(value: Any) -> Any:
    return 0 if value == "" else value


def _exact(value: Any) -> Any:
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a decimal number is needed")
    if not _NUMBER.fullmatch(str(value)):
        raise ValueError("a decimal number is needed")
    return Decimal(str(value))


def _integer(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int) or not _INTEGER.fullmatch(str(value)):
        raise ValueError("a whole number is needed")
    if not -_LARGEST <= int(value) <= _LARGEST:
        raise ValueError("a whole number of at most 64 bits is needed")
    return int(value)


def _text(value: str) -> str:
    """Ids and names as they can be stored, compared and printed: no control characters, no halves of characters."""
    if not value.isprintable() or value != value.strip() or len(value) > _LONGEST:
        raise ValueError(f"a printable text of at most {_LONGEST} characters is needed")
    return value


def _moment(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int) or not _MILLISECONDS.fullmatch(str(value)):
        raise ValueError("milliseconds since 1970 with 13 digits are needed")
    return from_ms(int(value))


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


_EMPTY = BeforeValidator(_none_if_empty)
_EXACT = BeforeValidator(_exact)
_INT = BeforeValidator(_integer)

Name = Annotated[str, AfterValidator(_text), Field(min_length=1)]
_Said = Annotated[str, AfterValidator(_text)]
Text = Annotated[_Said | None, _EMPTY]
Kind = Annotated[_Said | None, BeforeValidator(_none_if_unknown)]  # an enumeration that says UNKNOWN for nothing
Number = Annotated[Decimal, _EXACT]
Amount = Annotated[Decimal, AfterValidator(_not_negative), _EXACT]  # a quantity or a price
AmountOrZero = Annotated[Decimal, AfterValidator(_not_negative), _EXACT, BeforeValidator(_zero_if_empty)]
MaybeNumber = Annotated[Decimal | None, _EXACT, _EMPTY]
MaybeAmount = Annotated[Annotated[Decimal, AfterValidator(_not_negative)] | None, _EXACT, _EMPTY]
Integer = Annotated[int, _INT]
MaybeInteger = Annotated[int | None, _INT, _EMPTY]
Moment = Annotated[datetime, BeforeValidator(_moment)]
MaybeMoment = Annotated[datetime | None, BeforeValidator(_moment), _EMPTY]
