"""Reading what callers pass: exact numbers, aware times, known words; anything else is refused by name.

A float is read as the decimal that it prints as, so that 0.1 means 0.1. What is answered is of Python's own types:
a text or number of a type derived from them, such as an enumeration's, may print and hash as something else.
"""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from ledger.errors import InvalidInputError

SIDES = ("Buy", "Sell")
CATEGORIES = ("linear", "inverse", "spot", "option")
_DIGITS = 30
# Execution times lie from the one up to, not including, the other.
FIRST_TIME, END_OF_TIME = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_TEXT_LENGTH = 255

Number = Decimal | int | float | str


def read_decimal(field: str, value: object, rule: str = "a finite number") -> Decimal:
    """The exact value of `value`. Raises InvalidInputError for what is not a finite number of sane size."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise InvalidInputError(field, value, f"{rule} (Decimal, int, str or float)")
    try:
        number = Decimal(value) if isinstance(value, Decimal | int) else Decimal(_written(value).strip())
    except InvalidOperation:
        raise InvalidInputError(field, value, rule) from None
    if not number.is_finite() or (isinstance(value, str) and ("_" in _written(value) or not value.isascii())):
        raise InvalidInputError(field, value, rule)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and (exponent < -_DIGITS or number.adjusted() >= _DIGITS):
        raise InvalidInputError(field, value, f"{rule} of at most {_DIGITS} digits before and after the point")
    return number


def _written(value: float | str) -> str:
    return str.__str__(value) if isinstance(value, str) else float.__repr__(value)


def read_positive(field: str, value: object) -> Decimal:
    """A number above zero."""
    number = read_decimal(field, value, "a number greater than 0")
    if number <= 0:
        raise InvalidInputError(field, value, "greater than 0")
    return number


def read_price(field: str, value: object, category: str) -> Decimal:
    """A price in quote currency: above zero, for options zero too."""
    if category != "option":
        return read_positive(field, value)
    number = read_decimal(field, value, "a number of at least 0")
    if number < 0:
        raise InvalidInputError(field, value, "at least 0")
    return number


def read_time(field: str, value: object) -> datetime:
    """A moment with its zone, in UTC. A naive datetime is refused: nobody can know what it means."""
    if not isinstance(value, datetime):
        raise InvalidInputError(field, value, "a datetime with a time zone")
    if value.tzinfo is None or value.utcoffset() is None:
        raise InvalidInputError(field, value, "a datetime with a time zone; this one is naive")
    try:
        at = value.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError(field, value, "a datetime between the years 1 and 9999 in UTC") from None
    # Not a class of somebody else's, which may have more digits, and show them at one place and not at another.
    return datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, UTC)


def read_execution_time(field: str, value: object) -> datetime:
    """The moment of an execution, in UTC: one that every time zone can show, whatever zone the server speaks in."""
    moment = read_time(field, value)
    if not FIRST_TIME <= moment < END_OF_TIME:
        raise InvalidInputError(field, value, "from 0001-01-02 to 9999-12-30 UTC")
    return moment


def read_text(field: str, value: object) -> str:
    """A non-empty text without control characters or blanks around it."""
    text = str.__str__(value) if isinstance(value, str) else ""
    if not text:
        raise InvalidInputError(field, value, "a non-empty text")
    if text != text.strip() or not text.isprintable():
        raise InvalidInputError(field, value, "a text without control characters or blanks around it")
    if len(text) > _TEXT_LENGTH:
        raise InvalidInputError(field, value, f"at most {_TEXT_LENGTH} characters long")
    return text


def read_category(field: str, value: object) -> str:
    """A category. Bybit's own are written small; Linear is no other one."""
    text = read_text(field, value)
    if text.lower() in CATEGORIES and text not in CATEGORIES:
        raise InvalidInputError(field, value, f"{text.lower()}, in small letters")
    return text


def read_optional_text(field: str, value: object) -> str | None:
    """A text, or None for None and for the empty text that venues send where they have nothing to say."""
    return None if value is None or (isinstance(value, str) and value == "") else read_text(field, value)


def read_side(field: str, value: object) -> str:
    """Buy or Sell."""
    if not isinstance(value, str) or value not in SIDES:
        raise InvalidInputError(field, value, "Buy or Sell")
    return str.__str__(value)


def read_count(field: str, value: object, most: int = 2**63 - 1) -> int:
    """A whole number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InvalidInputError(field, value, f"a whole number from 0 to {most}")
    return int(value)


def plain(number: Decimal) -> str:
    """The number without exponent and trailing zeros, as the cache shows it."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
