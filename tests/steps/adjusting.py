"""Adjustments: booked only on what was compared, and taken back."""

import json
from collections.abc import Iterator
from typing import Any

from tests.fills import moment
from tests.steps.play import BOT, MAIN, OTHER, Line, Play

THEIRS = Line(bot="bot of theirs")
_BESIDE = (
    Line(symbol="ETHUSDT"),
    Line(category="spot"),
    Line(position_idx=1),
    Line(bot=OTHER, symbol="ETHUSDT"),
    Line(bot=OTHER, category="spot"),
    Line(bot=OTHER, position_idx=2),
)


def adjustment(  # noqa: PLR0917 - what is different in each of very many calls
    play: Play, exec_id: str, signed: str, at: float, seen: dict[str, int], line: Line = MAIN, **more: Any
) -> Any:
    """`record_adjustment`; `seen`: the numbers of the books that were compared, by bot."""
    side = "Sell" if signed.startswith("-") else "Buy"
    given = {
        "side": side,
        "exec_qty": signed.lstrip("+-"),
        "exec_time": moment(at),
        "exec_id": exec_id,
        "announced": None,
    }
    return play.call("record_adjustment", line, seen=json.dumps(seen), **{**given, **more})


def beside(play: Play) -> None:
    """Books of other lines and of another account, with adjustments of the same moments."""
    for number, line in enumerate(_BESIDE):
        buys = line.position_idx != 2
        for n in range(3):
            play.fill(f"{number}-{n}", "+2" if buys else "-2", 50 + n, n, line)
        adjustment(
            play, f"beside-{number}", "-1" if buys else "+1", 5, {BOT: 3 if line.bot == BOT else 4, OTHER: 3}, line
        )
    play.account = "theirs"
    play.fill("a", "+4", 70, 0, THEIRS)
    adjustment(play, "adjusted", "-1", 5, {THEIRS.bot: 1}, THEIRS)
    play.account = "mine"


def untouched(play: Play) -> None:
    """What is beside still counts."""
    for number, line in enumerate(_BESIDE):
        assert play.counted(line)[-1].startswith(f"beside-{number} "), line
    play.account = "theirs"
    assert play.counted(THEIRS) == ["a +4", "adjusted -1"]
    play.account = "mine"


def compared(play: Play) -> None:
    """An adjustment is booked if nothing has changed since, whatever is beside."""
    beside(play)
    play.fill("a", "+3", 100, 0)
    assert adjustment(play, "adjusted", "-1", 5, {}) is None
    assert adjustment(play, "adjusted", "-1", 5, {BOT: 2}) is None
    assert adjustment(play, "adjusted", "-1", 5, {BOT: 1})["position"]["total_qty"] == 2
    assert adjustment(play, "adjusted", "-1", 5, {BOT: 1})["duplicate"]
    assert adjustment(play, "later", "+1", 6, {BOT: 1}) is None
    assert adjustment(play, "later", "+1", 6, {BOT: 2, OTHER: 9})["position"]["total_qty"] == 3
    assert play.counted() == ["a +3", "adjusted -1", "later +1"]
    untouched(play)


def same_id_elsewhere(play: Play) -> None:
    """An execution of another category or account with the same id is another one."""
    beside(play)
    play.fill("adjusted", "+1", 60, 9, Line(category="spot"))
    play.fill("a", "+3", 100, 0)
    assert adjustment(play, "adjusted", "-1", 5, {BOT: 7}) is None
    assert adjustment(play, "0-0", "-1", 5, {BOT: 1}, Line(category="option", symbol="BTC-X"))["fill_id"]
    assert play.counted() == ["a +3"]


def another_book_of_the_line(play: Play) -> None:
    """A book that was not there when it was compared, and one that has moved."""
    beside(play)
    play.fill("a", "+3", 100, 0)
    play.fill("b", "+1", 101, 1, Line(bot=OTHER))
    assert adjustment(play, "adjusted", "-1", 5, {BOT: 1}) is None
    assert adjustment(play, "adjusted", "-1", 5, {BOT: 1, OTHER: 2}) is None
    assert adjustment(play, "adjusted", "-1", 5, {BOT: 1, OTHER: 1}, Line(bot=OTHER))["position"]["total_qty"] == 0
    assert play.counted(Line(bot=OTHER)) == ["b +1", "adjusted -1"]
    assert play.counted() == ["a +3"]


def first_of_a_book(play: Play) -> None:
    """What nobody knew of is booked to a book that was not there."""
    play.fill("a", "+3", 100, 0)
    assert adjustment(play, "adjusted", "-2", 5, {BOT: 1}, Line(bot="external"))["position"]["side"] == "Sell"
    assert play.counted(Line(bot="external")) == ["adjusted -2"]


def announced(play: Play) -> None:
    """A position that the cache was not told of is not changed."""
    play.fill("a", "+3", 100, 0)
    play.refused(adjustment(play, "x", "-1", 5, {BOT: 1}, announced=[]), "FL010", bot_id=BOT)
    wrong = [Line(bot=OTHER), Line(symbol="ETHUSDT"), Line(category="spot"), Line(position_idx=1)]
    for line in wrong:
        play.refused(adjustment(play, "x", "-1", 5, {BOT: 1}, announced=[line.announced]), "FL010")
    assert adjustment(play, "x", "-1", 5, {BOT: 1}, announced=[*(w.announced for w in wrong), MAIN.announced])
    of_nobody = Line(bot="external")
    assert adjustment(play, "y", "-1", 5, {BOT: 2}, of_nobody, announced=[])["position"]["total_qty"] == 1
    fill_id = play.fill_id("x")
    play.refused(_taken_back(play, fill_id, announced=[wrong[0].announced]), "FL010", bot_id=BOT)
    assert _taken_back(play, fill_id, announced=[MAIN.announced])["position"]["total_qty"] == 3


def taken_back(play: Play) -> None:
    """Once, with the cause; what came after it is derived again."""
    beside(play)
    play.fill("a", "+3", 100, 0)
    adjustment(play, "adjusted", "-2", 5, {BOT: 1})
    cause = play.fill("b", "-2", 110, 6)["fill_id"]
    assert play.counted() == ["a +3", "adjusted -2", "b -2"]
    answer = _taken_back(play, play.fill_id("adjusted"), cause)
    assert (answer["duplicate"], answer["entry"], answer["position"]["total_qty"]) == (False, None, 1)
    assert play.counted() == ["a +3", "b -2"]
    assert _taken_back(play, play.fill_id("adjusted"), cause) is None
    untouched(play)


def taken_back_from_nobody(play: Play) -> None:
    """An adjustment that opened something in a book of nobody."""
    of_nobody = Line(bot="external")
    adjustment(play, "adjusted", "-2", 5, {}, of_nobody)
    play.fill("b", "+1", 90, 6, of_nobody)
    assert _taken_back(play, play.fill_id("adjusted"))["position"]["side"] == "Buy"
    assert play.counted(of_nobody) == ["b +1"]


def taken_back_from_an_order(play: Play) -> None:
    """A whole order that comes later stands for all of it."""
    play.fill("x", "-1", None, 3, order_id="o", exec_type="Adjustment")
    _taken_back(play, play.fill_id("x"))
    play.fill(None, "-0.5", 100, 2, order_id="o")
    assert play.counted() == ["order:o -0.5"]


def no_adjustment(play: Play) -> None:
    """Only adjustments are taken back."""
    play.fill("a", "+3", 100, 0)
    for fill_id in (play.fill_id("a"), 5):
        play.refused(_taken_back(play, fill_id), "FL004", field="fill_id", value=str(fill_id), rule="an adjustment")
    assert play.counted() == ["a +3"]


def with_dust(play: Play) -> None:
    """In a spot book whose sales paid in the base coin."""
    spot = Line(symbol="ETHUSDT", category="spot")
    play.fill("a", "+3", 100, 0, spot)
    play.fill("b", "-1", 110, 7, spot, commission="0.5", commission_asset="ETH")
    adjustment(play, "adjusted", "-1", 5, {BOT: 2}, spot)
    play.fill("c", "-0.5", 120, 8, spot, commission="0.25", commission_asset="ETH")
    assert _taken_back(play, play.fill_id("adjusted"))["position"]["dust_qty"] == -0.75
    # One that says what it cost takes that back with it.
    play.fill("d", "-0.5", 120, 9, spot, commission="0.125", commission_asset="ETH", exec_type="Adjustment")
    assert _taken_back(play, play.fill_id("d"))["position"]["dust_qty"] == -0.75


def _taken_back(play: Play, fill_id: int, cause: int | None = None, announced: list[str] | None = None) -> Any:
    return play.call("take_back_adjustment", fill_id=fill_id, cause=cause, announced=announced)


def scenarios() -> Iterator[Any]:
    yield from (
        compared, same_id_elsewhere, another_book_of_the_line, first_of_a_book, announced, taken_back,
        taken_back_from_nobody, taken_back_from_an_order, no_adjustment, with_dust,
    )  # fmt: skip
