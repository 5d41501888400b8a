"""The position at a moment of the past."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.fills import moment
from tests.steps.adjusting import adjustment, beside
from tests.steps.play import BOT, MAIN, OTHER, Line, Play, execution
from tests.steps.superseding import real

_SPOT = Line(category="spot", symbol="ETHUSDT")
_TICK = timedelta(microseconds=1)


def past(play: Play, at: float, line: Line = MAIN, *, before: bool = False) -> Any:
    """`position_as_of` a moment, or just before it."""
    return play.call("position_as_of", line, at=moment(at) - (_TICK if before else timedelta(0)))


def each_moment(play: Play) -> None:
    """Before the first fill, at each of them and between: through closes, flips and flat moments."""
    beside(play)
    for number, (signed, at) in enumerate(
        (("+3", 1), ("-1", 2), ("+1", 2), ("-3", 3), ("-2", 5), ("+5", 6), ("-1", 7), ("+4", 7), ("-6", 8), ("+2", 9))
    ):
        play.fill(f"e{number}", signed, 100 + number, at, order_id=f"o{number}", seq=number)
    sizes = {at: past(play, at)["total_qty"] for at in range(11)}
    assert sizes == {0: 0, 1: 3, 2: 3, 3: 0, 4: 0, 5: 2, 6: 3, 7: 6, 8: 0, 9: 2, 10: 2}
    assert [past(play, at, before=True)["total_qty"] for at in (1, 2, 3, 5, 6, 7)] == [0, 3, 3, 0, 2, 3]
    assert [past(play, at)["side"] for at in (0, 1, 4, 5, 6)] == ["None", "Buy", "None", "Sell", "Buy"]
    assert [past(play, at)["book_seq"] for at in (0, 1, 2, 8)] == [0, 1, 3, 9]
    assert past(play, 7)["first_entry_time"] == moment(6).isoformat()
    assert past(play, 7)["last_entry_time"] == moment(7).isoformat()
    assert past(play, 2)["realized_pnl"] == Decimal("0.986666666666666667")
    for beyond in (
        Line(bot=OTHER),
        Line(bot="stranger"),
        Line(symbol="XRPUSDT"),
        Line(category="inverse"),
        Line(position_idx=2),
    ):
        assert past(play, 9, beyond) is None
    assert past(play, 4, Line(bot=OTHER, symbol="ETHUSDT"))["total_qty"] == 6


def without_what_was_voided(play: Play) -> None:
    """What does not count any more never did."""
    play.fill("a", "+5", 100, 0)
    adjustment(play, "x", "-2", 3, {BOT: 1})
    assert past(play, 4)["total_qty"] == 3
    real(play, [execution("b", "-1", 110, 2)])
    assert [past(play, at)["total_qty"] for at in (1, 2, 4)] == [5, 4, 4]
    assert [past(play, at)["book_seq"] for at in (0, 1, 4)] == [1, 1, 3]


def dust(play: Play) -> None:
    """Fees of spot sales in the base coin, up to that moment."""
    for number, (signed, at) in enumerate((("+3", 1), ("-1", 2), ("-1", 3), ("+1", 4), ("-0.5", 5))):
        play.fill(f"e{number}", signed, 100, at, _SPOT, commission="0.25", commission_asset="ETH")
    found = [past(play, at, _SPOT)["dust_qty"] for at in range(6)]
    assert found == [0, 0, Decimal("-0.25"), Decimal("-0.5"), Decimal("-0.5"), Decimal("-0.75")]
    assert [past(play, at, _SPOT)["total_qty"] for at in (2, 5)] == [Decimal("1.75"), 1]


def scenarios() -> Iterator[Any]:
    yield from (each_moment, without_what_was_voided, dust)
