"""Fills that are moved into the book of the bot to whom they belong."""

from collections.abc import Iterator
from typing import Any

from tests.steps.adjusting import THEIRS, beside, untouched
from tests.steps.play import BOT, MAIN, NOBODY, OTHER, Line, Play

_NOBODYS = Line(bot=NOBODY)
_RULE = "an execution in the book of another bot"


def moved(play: Play, fill_id: int, bot: str, announced: list[str] | None = None) -> Any:
    """`reassign_fill`."""
    return play.call("reassign_fill", Line(bot=bot), fill_id=fill_id, announced=announced)


def between_others(play: Play) -> None:
    """A fill in the middle of one book goes to the middle of another; both are derived again."""
    beside(play)
    play.fill("a", "+2", 100, 0, _NOBODYS, order_id="o", client_order_id="c", close_reason="r", seq=3, is_maker=True)
    play.fill("b", "-1", 110, 2, _NOBODYS, order_id="o2")
    play.fill("c", "+1", 105, 4, _NOBODYS)
    play.fill("d", "+3", 90, 1)
    play.fill("e", "-3", 95, 3)
    answer = moved(play, play.fill_id("b"), BOT)
    assert [trade["quantity"] for trade in answer["completed_trades"]] == [1]
    assert (answer["duplicate"], answer["position"]["side"]) == (False, "Sell")
    assert play.counted(_NOBODYS) == ["a +2", "c +1"]
    assert play.counted() == ["d +3", "b:bot -1", "e -3"]
    assert moved(play, play.fill_id("b"), BOT) is None
    assert moved(play, play.fill_id("a"), OTHER)["entry"]["remaining_qty"] == 2
    assert play.counted(Line(bot=OTHER)) == ["a:other +2"]
    untouched(play)


def not_moved(play: Play) -> None:
    """What is there already, what nobody knows, and fills of whole orders."""
    play.fill("a", "+2", 100, 0)
    play.fill(None, "+2", 100, 0, _NOBODYS, order_id="o")
    for fill_id, bot in ((play.fill_id("a"), BOT), (5, BOT), (play.fill_id("order:o"), BOT)):
        play.refused(moved(play, fill_id, bot), "FL004", field="fill_id", value=str(fill_id), rule=_RULE)
    assert play.counted() == ["a +2"]
    assert play.counted(_NOBODYS) == ["order:o +2"]


def moved_before(play: Play) -> None:
    """A fill that does not count any more makes no book."""
    play.fill("a", "+2", 100, 0, _NOBODYS)
    play.fill("b", "+1", 100, 1, _NOBODYS)
    moved(play, play.fill_id("a"), BOT)
    assert moved(play, play.fill_id("a"), OTHER) is None
    assert play.counted(_NOBODYS) == ["b +1"]
    assert play.counted(Line(bot=OTHER)) == []


def announced(play: Play) -> None:
    """Both positions must be announced, but for that of nobody."""
    play.fill("a", "+2", 100, 0, Line(bot=OTHER))
    play.fill("b", "+2", 100, 0, _NOBODYS)
    fill_id, others = play.fill_id("a"), Line(bot=OTHER).announced
    play.refused(moved(play, fill_id, BOT, [MAIN.announced]), "FL010", bot_id=OTHER)
    play.refused(moved(play, fill_id, BOT, [others]), "FL010", bot_id=BOT)
    play.refused(moved(play, play.fill_id("b"), BOT, [others]), "FL010", bot_id=BOT)
    assert moved(play, fill_id, BOT, [MAIN.announced, others])
    assert moved(play, play.fill_id("b"), BOT, [MAIN.announced])
    assert play.counted() == ["a:bot +2", "b:bot +2"]


def fees_in_the_base_coin(play: Play) -> None:
    """Dust goes with the sale."""
    spots = Line(symbol="ETHUSDT", category="spot", bot=NOBODY), Line(symbol="ETHUSDT", category="spot")
    for number, line in enumerate(spots):
        play.fill(f"a{number}", "+3", 100, 0, line, commission="0.5", commission_asset="ETH")
        play.fill(f"b{number}", "-1", 110, 2, line, commission="0.25", commission_asset="ETH")
    play.fill("c", "-0.5", 120, 1, spots[0], commission="0.125", commission_asset="ETH")
    assert moved(play, play.fill_id("c"), BOT)["position"]["dust_qty"] == -0.375
    assert play.fill("d", "+1", 90, 9, spots[0])["position"]["dust_qty"] == -0.25
    assert moved(play, play.fill_id("a0"), BOT)["position"]["total_qty"] == 3.5
    assert play.counted(spots[1])[:2] == ["a0:bot +3", "a1 +3"]


def to_an_earlier_book(play: Play) -> None:
    """The books are made in the other order."""
    play.fill("d", "+3", 90, 1)
    play.fill("a", "+2", 100, 0, _NOBODYS)
    play.fill("x", "+2", 100, 0, Line(bot=OTHER))
    assert moved(play, play.fill_id("a"), BOT)["position"]["entries"] == 2
    assert moved(play, play.fill_id("d"), OTHER)["position"]["entries"] == 2
    assert play.counted(Line(bot=OTHER)) == ["x +2", "d:other +3"]


def legs(play: Play) -> None:
    """A leg that would be closed further than it is open is refused on either side, with nothing written."""
    long = Line(position_idx=1)
    others = Line(position_idx=1, bot=NOBODY)
    play.fill("a", "+2", 100, 0, others)
    play.fill("b", "-1", 110, 2, others)
    play.refused(moved(play, play.fill_id("a"), BOT), "FL002", need="1", have="0")
    play.refused(moved(play, play.fill_id("b"), BOT), "FL002", need="1", have="0")
    play.fill("c", "+1", 105, 1, long)
    assert moved(play, play.fill_id("b"), BOT)["position"]["total_qty"] == 0
    assert play.counted(others) == ["a +2"]


def of_another_account(play: Play) -> None:
    """The same bot of nobody is in every account."""
    play.fill("a", "+2", 100, 0, _NOBODYS)
    play.account = "theirs"
    play.fill("a", "+2", 100, 0, _NOBODYS)
    moved(play, play.fill_id("a"), THEIRS.bot)
    assert play.counted(THEIRS) == [f"a:{THEIRS.bot} +2"]
    play.account = "mine"
    assert play.counted(_NOBODYS) == ["a +2"]


def scenarios() -> Iterator[Any]:
    yield from (
        between_others, not_moved, moved_before, announced, fees_in_the_base_coin, to_an_earlier_book, legs,
        of_another_account,
    )  # fmt: skip
