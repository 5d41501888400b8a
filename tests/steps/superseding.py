"""Executions that turn up after an adjustment stood for them."""

from collections.abc import Iterator
from typing import Any

from tests.steps.adjusting import adjustment, beside, untouched
from tests.steps.play import BOT, MAIN, NOBODY, OTHER, Line, Play, execution

_LONG, _SHORT = Line(position_idx=1), Line(position_idx=2)


def real(play: Play, fills: list[dict[str, Any]], line: Line = MAIN, **more: Any) -> Any:
    """`record_superseding`."""
    return play.batch(fills, line, supersedes=True, **more)


def later_ones_go(play: Play) -> None:
    """Adjustments of the same moment or later go, an earlier one stays."""
    beside(play)
    play.fill("a", "+5", 100, 0)
    for number, at in enumerate((3, 5, 7)):
        adjustment(play, f"x{number}", "-1", at, {BOT: number + 1})
    answer = real(play, [execution("c", "-1", 110, 6), execution("b", "-1", 105, 5), execution("a", "+5", 100, 0)])
    assert [one["duplicate"] for one in answer["results"]] == [False, False, True]
    assert answer["position"]["total_qty"] == 2
    assert play.counted() == ["a +5", "x0 -1", "b -1", "c -1"]
    again = real(play, [execution("b", "-1", 105, 5)])
    assert again["results"][0]["duplicate"]
    assert play.counted() == ["a +5", "x0 -1", "b -1", "c -1"]
    untouched(play)


def earliest_of_one_moment(play: Play) -> None:
    """Which execution is the cause: the first in exchange order that is new."""
    play.fill("a", "+5", 100, 0)
    adjustment(play, "x", "-1", 9, {BOT: 1})
    adjustment(play, "y", "-1", 2, {BOT: 2})
    real(
        play,
        [
            execution("e", "-0.25", 110, 6, seq=2),
            execution("d", "-0.25", 110, 6, seq=1),
            execution("c", "-0.5", 110, 6, seq=1),
            execution("g", "-0.125", 110, 8, seq=0),
            execution("a", "+5", 100, 0),
        ],
    )
    assert play.counted() == ["a +5", "y -1", "c -0.5", "d -0.25", "e -0.25", "g -0.125"]


def adjustments_of_one_moment(play: Play) -> None:
    """They are taken back in exchange order."""
    play.fill("a", "+9", 100, 0)
    for exec_id, at, seq in (("z", 4, 2), ("y", 4, 1), ("x", 4, 2), ("w", 5, 0)):
        play.fill(exec_id, "-1", None, at, seq=seq, exec_type="Adjustment")
    real(play, [execution("b", "-1", 110, 3)])
    assert play.rows("steps/voided") == [(exec_id,) for exec_id in "yxzw"]
    assert play.counted() == ["a +9", "b -1"]


def in_books_of_others(play: Play) -> None:
    """Adjustments of every book of the line go."""
    beside(play)
    play.fill("a", "+5", 100, 0)
    play.fill("b", "+2", 100, 0, Line(bot=OTHER))
    adjustment(play, "x", "-1", 5, {BOT: 1, OTHER: 1}, Line(bot=NOBODY))
    adjustment(play, "y", "-2", 6, {BOT: 1, OTHER: 1, NOBODY: 1}, Line(bot=OTHER))
    adjustment(play, "z", "+1", 7, {BOT: 1, OTHER: 2, NOBODY: 1})
    # Of several that were not announced the first is named, in the order in which the books were made.
    play.refused(real(play, [execution("c", "-1", 110, 4)], Line(bot=NOBODY), announced=[]), "FL010", bot_id=BOT)
    announced = [MAIN.announced]
    play.refused(real(play, [execution("c", "-1", 110, 4)], announced=announced), "FL010", bot_id=OTHER)
    announced = [MAIN.announced, Line(bot=OTHER).announced]
    real(play, [execution("c", "-1", 110, 4)], announced=announced)
    assert play.counted() == ["a +5", "c -1"]
    assert play.counted(Line(bot=OTHER)) == ["b +2"]
    assert play.counted(Line(bot=NOBODY)) == []
    untouched(play)


def taken_back_before(play: Play) -> None:
    """One that does not count any more is not taken back twice."""
    play.fill("a", "+5", 100, 0)
    adjustment(play, "x", "-1", 5, {BOT: 1})
    real(play, [execution("b", "-1", 110, 4)])
    real(play, [execution("c", "-1", 110, 3)])
    assert play.counted() == ["a +5", "c -1", "b -1"]


def closed_leg(play: Play, line: Line = _LONG) -> None:
    """A leg that an adjustment closed is opened again, so that the executions can close it."""
    opens, closes = ("+", "-") if line.position_idx == 1 else ("-", "+")
    play.fill("a", opens + "3", 100, 0, line)
    adjustment(play, "w", closes + "1", 2, {BOT: 1}, line)
    adjustment(play, "x", opens + "1", 4, {BOT: 2}, line)
    adjustment(play, "y", closes + "3", 6, {BOT: 3}, line)
    fills = [execution("b", closes + "1", 110, 5), execution("c", closes + "1", 111, 6)]
    play.refused(real(play, fills, line, announced=[]), "FL010")
    assert play.counted(line) == [f"a {opens}3", f"w {closes}1", f"x {opens}1", f"y {closes}3"]
    assert real(play, fills, line, announced=[line.announced])["position"]["total_qty"] == 1
    assert play.counted(line) == [f"a {opens}3", f"w {closes}1", f"x {opens}1", f"b {closes}1", f"c {closes}1"]


def closed_short_leg(play: Play) -> None:
    """The same the other way round."""
    closed_leg(play, _SHORT)


def opened_leg(play: Play, line: Line = _LONG) -> None:
    """What an adjustment opened stays until the executions have opened it."""
    opens, closes = ("+", "-") if line.position_idx == 1 else ("-", "+")
    adjustment(play, "x", opens + "3", 2, {}, line)
    play.fill("a", closes + "2", 100, 3, line)
    assert real(play, [execution("b", opens + "3", 90, 1)], line)["position"]["total_qty"] == 1
    assert play.counted(line) == [f"b {opens}3", f"a {closes}2"]


def opened_short_leg(play: Play) -> None:
    """The same the other way round."""
    opened_leg(play, _SHORT)


def known_to_a_leg(play: Play) -> None:
    """What is known already reopens nothing; the same id elsewhere is not known."""
    play.fill("a", "+3", 100, 0, _LONG)
    play.fill("b", "-1", 101, 2, _LONG)
    play.fill("c", "+1", 101, 2, Line(category="spot"))
    adjustment(play, "x", "-2", 4, {BOT: 2}, _LONG)
    before = ["a +3", "b -1", "x -2"]
    real(play, [execution("b", "-1", 101, 2)], _LONG)
    assert play.counted(_LONG) == before
    real(play, [execution("b", "-1", 101, 2), execution("d", "+1", 101, 9)], _LONG)
    assert play.counted(_LONG) == [*before, "d +1"]
    real(play, [execution("c", "-1", 102, 3)], _LONG)
    assert play.counted(_LONG) == ["a +3", "b -1", "c -1", "d +1"]


def of_a_named_bot(play: Play) -> None:
    """The leg is that of the bot that the client order id names, or of the one that wrote the order."""
    legs = Line(bot=OTHER, position_idx=1)
    play.fill("a", "+3", 100, 0, legs)
    adjustment(play, "x", "-3", 4, {OTHER: 1}, legs)
    play.order("wrote", OTHER)
    fills = [execution("b", "-2", 110, 3, order_id="wrote", client_order_id="other-tp-1")]
    play.refused(real(play, fills, _LONG, named_bot=OTHER, announced=[_LONG.announced]), "FL010", bot_id=OTHER)
    assert real(play, fills, _LONG, named_bot=OTHER, announced=[legs.announced])["position"]["total_qty"] == 1
    assert play.counted(legs) == ["a +3", "b -2"]


def with_dust(play: Play) -> None:
    """In a spot book whose sales paid in the base coin, from the first day on."""
    spot = Line(symbol="ETHUSDT", category="spot")
    play.fill("a", "+3", 100, 0, spot, commission="0.5", commission_asset="ETH")
    adjustment(play, "x", "-1", 5, {BOT: 1}, spot)
    assert real(
        play, [execution("b", "-1", 110, 5, commission="0.25", commission_asset="ETH")], spot
    )["position"]["dust_qty"] == -0.25  # fmt: skip
    assert play.counted(spot) == ["a +3", "b -1"]


def scenarios() -> Iterator[Any]:
    yield from (
        later_ones_go, earliest_of_one_moment, adjustments_of_one_moment, in_books_of_others, taken_back_before,
        closed_leg, closed_short_leg, opened_leg, opened_short_leg, known_to_a_leg, of_a_named_bot, with_dust,
    )  # fmt: skip
