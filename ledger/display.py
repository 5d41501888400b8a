"""Values as people read them, wherever they are shown."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

_PLACES = Decimal("1e-8")


def number(value: Decimal) -> str:
    """With thousands marked, half-even to eight decimals, without trailing zeros; ≈ before what was rounded."""
    with localcontext(prec=100 + max(value.adjusted(), 0)):
        rounded = value.quantize(_PLACES, ROUND_HALF_EVEN)
        whole, _, decimals = format(rounded, ",f").partition(".")
    text = f"{whole}.{decimals}".rstrip("0").rstrip(".")
    return ("" if rounded == value else "≈") + ("0" if text == "-0" else text)


def moment(value: datetime) -> str:
    """UTC, to the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
