"""Decimal amounts as Bybit reads and writes them."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

ZERO = Decimal(0)


def text(value: Decimal) -> str:
    """The amount without exponent and without trailing zeros, as payloads carry it."""
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in {"-0", ""} else plain


def parse(given: str) -> Decimal | None:
    """A finite amount, or None if the text is not one."""
    try:
        value = Decimal(given)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def rounded(value: Decimal, places: int = 8) -> Decimal:
    """Rounded half up, as Bybit rounds fees, values and average prices (8 places)."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def floored(value: Decimal, step: Decimal) -> Decimal:
    """The greatest multiple of step that is not above the (positive) value."""
    return (value / step).to_integral_value(ROUND_DOWN) * step


def fits(value: Decimal, step: Decimal) -> bool:
    """Whether the value is a multiple of step."""
    return value % step == 0
