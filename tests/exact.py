"""Between the ledger's decimals and the oracle's fractions, without rounding."""

from decimal import Decimal
from fractions import Fraction


def fraction(value: Decimal) -> Fraction:
    """The exact value of a decimal."""
    return Fraction(value)


def decimal(value: Fraction) -> Decimal:
    """The exact decimal of a fraction that has one.

    Raises:
        ValueError: the fraction has no finite decimal expansion.
    """
    digits = 0
    while 10**digits % value.denominator:
        digits += 1
        if digits > 400:
            raise ValueError(f"{value} is no decimal")
    scaled = value.numerator * 10**digits // value.denominator
    # Built from its digits, because arithmetic would round to the context's precision.
    return Decimal((int(scaled < 0), tuple(int(digit) for digit in str(abs(scaled))), -digits))
