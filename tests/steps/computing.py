"""The functions that compute, beside fractions that are exact."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tests.statements import statement
from tests.steps.play import Play

_UNIT = 10**18


def _rounded(value: Fraction, unit: int = _UNIT) -> Fraction:
    """Half-even: as Python rounds a Fraction."""
    return Fraction(round(value * unit), unit)


def _rows(play: Play, name: str) -> list[tuple[Any, ...]]:
    rows = play.connection.execute(statement(f"steps/{name}")).fetchall()
    play.answers.append([str(row) for row in rows])
    return rows


def _exact(*values: Any) -> tuple[Any, ...]:
    return tuple(value if isinstance(value, str) or value is None else Fraction(value) for value in values)


def quotients(play: Play) -> None:
    """Halves go to the even digit, on both sides of zero; a share of all is all."""
    for row in _rows(play, "half_even"):
        n, d, quotient, share, x = _exact(*row)
        assert quotient == _rounded(n / d), row
        assert share == (n if x == d else _rounded(n * x / d)), row


def profits(play: Play) -> None:
    """P&L, percent, cost and average, for each kind of contract."""
    for row in _rows(play, "profits"):
        category, side, qty, multiplier, entry, exit_price, gross, percent, value, average = _exact(*row)
        sign, net, is_inverse = (1 if side == "Buy" else -1), exit_price - 3, category == "inverse"
        if is_inverse:
            assert gross == sign * _rounded(qty * multiplier * (1 / entry - 1 / exit_price)), row
            assert percent == _rounded(net * 100 * entry / (qty * multiplier)), row
            assert value == _rounded(qty / entry, 10**40) or abs(value - qty / entry) * 2 * 10**40 <= 1, row
            assert average == _rounded(qty / exit_price), row
        else:
            assert gross == sign * (exit_price - entry) * qty * multiplier, row
            assert percent == (None if entry == 0 else _rounded(net * 100 / (entry * qty * multiplier))), row
            assert value == qty * entry, row
            assert average == _rounded(exit_price / qty), row


def nearest(play: Play) -> None:
    """A stored value that is the nearest is seen without dividing, and no other is taken for it."""
    for row in _rows(play, "nearest"):
        n, d, stored, is_nearest, checked, computed = row
        exact = Fraction(n) / Fraction(d)
        if stored is not None:
            value = Fraction(stored)
            assert is_nearest == ((value * _UNIT).denominator == 1 and abs(exact - value) * 2 * _UNIT < 1), row
        assert checked == computed, row


def checked(play: Play) -> None:
    """What is stored does not change what is right: shares of all cuts, and percents."""
    for name in ("checked_shares", "checked_percent"):
        rows = play.connection.execute(statement(f"money/{name}")).fetchall()
        play.answers.append([str(row) for row in rows])
        assert [row for row in rows if row[-1] != row[-2]] == []


def edges(play: Play) -> None:
    """What is not known stays unknown, and what costs nothing has no percent."""
    (row,) = _rows(play, "edges")
    assert row == (
        None, None, None, None, None, None, 0, None, None, 0, 0, 0, "0." + "3" * 40,
        "0.1234567890123456789012345678901234567891",
    )  # fmt: skip


def scenarios() -> Iterator[Any]:
    yield from (quotients, profits, nearest, checked, edges)
