"""Payments that are moved into the book of the bot who had the position."""

from collections.abc import Iterator
from typing import Any

from tests.fills import moment
from tests.steps.play import BOT, MAIN, NOBODY, OTHER, Line, Play
from tests.steps.refusing import payment

_NOBODYS = Line(bot=NOBODY)
_RULE = "a payment in the book of another bot"


def moved(play: Play, exec_id: str, bot: str, category: str = "linear") -> Any:
    """`reassign_cash`."""
    return play.call("reassign_cash", Line(bot=bot, category=category), exec_id=exec_id, source="manual")


def paid(play: Play, line: Line = MAIN) -> list[tuple[str, float]]:
    """The payments of a book in the order in which they were booked."""
    return [(exec_id, float(amount)) for exec_id, amount in play.rows("steps/paid", book_id=play.book_id(line))]


def there_and_back(play: Play) -> None:
    """A payment is taken back where it was and booked where it belongs, as often as it must; fills are not touched."""
    play.fill("a", "+2", 100, 0)
    more = {"side": "Buy", "order_id": "o", "seq": 3, "commission_asset": "MNT", "source": "exchange"}
    payment(play, "p", "1.5", 1, _NOBODYS, **more)
    payment(play, "q", "-0.5", 2, _NOBODYS, exec_type="SessionSettlePnL")
    assert moved(play, "p", BOT) is True
    assert paid(play) == [("p:bot", 1.5)]
    assert paid(play, _NOBODYS) == [("p", 1.5), ("q", -0.5), ("reversal:p", -1.5)]
    for again in (BOT, OTHER):
        assert moved(play, "p", again) is False
    assert not play.has_book(Line(bot=OTHER))
    assert moved(play, "p:bot", NOBODY) is True
    assert moved(play, "p:bot:external", OTHER) is True
    assert moved(play, "q", OTHER) is True
    assert paid(play, Line(bot=OTHER)) == [("p:bot:external:other", 1.5), ("q:other", -0.5)]
    assert sum(amount for _, amount in paid(play) + paid(play, _NOBODYS)) == 0
    assert play.counted() == ["a +2"]
    assert play.book()["cash_seq"] == 2
    times = {row[0] for row in play.rows("steps/paid_at")}
    assert times == {moment(1), moment(2)}
    assert payment(play, "p", "1.5", 1, _NOBODYS, **more)["duplicate"] is True
    assert play.complaints() == []


def to_an_earlier_book(play: Play) -> None:
    """The books are made in the other order; a spot payment of the same id is another one."""
    payment(play, "p", "1", 0)
    payment(play, "p", "1", 0, Line(category="spot"))
    payment(play, "r", "2", 0, Line(bot=OTHER))
    assert moved(play, "p", OTHER, "spot") is True
    assert moved(play, "r", BOT) is True
    assert paid(play) == [("p", 1), ("r:bot", 2)]
    assert paid(play, Line(category="spot")) == [("p", 1), ("reversal:p", -1)]
    assert paid(play, Line(bot=OTHER, category="spot")) == [("p:other", 1)]


def not_moved(play: Play) -> None:
    """What is there already, what nobody knows, reversals, fills, and what would take another one's id."""
    payment(play, "p", "1", 0)
    play.fill("f", "+1", 100, 0, _NOBODYS)
    payment(play, "q", "1", 1, _NOBODYS)
    moved(play, "q", OTHER)
    for exec_id in ("p", "x", "f", "reversal:q"):
        play.refused(moved(play, exec_id, BOT), "FL004", field="exec_id", value=exec_id, rule=_RULE)
    payment(play, "p:other", "5", 2)
    play.fill("r:bot", "+1", 100, 0)
    payment(play, "r", "1", 3, _NOBODYS)
    play.refused(moved(play, "p", OTHER), "FL001", exec_id="p:other")
    play.refused(moved(play, "r", BOT), "FL001", exec_id="r:bot")
    play.fill("reversal:r", "+1", 100, 0)
    play.refused(moved(play, "r", OTHER), "FL001", exec_id="reversal:r")
    play.refused(payment(play, "reversal:p", "1", 2), "FL004", field="exec_id")
    assert paid(play) == [("p", 1), ("p:other", 5)]
    assert paid(play, Line(bot=OTHER)) == [("q:other", 1)]


def of_another_account(play: Play) -> None:
    """Neither is found by the other's number, nor taken for its own."""
    payment(play, "p", "1", 0, _NOBODYS)
    play.account = "theirs"
    payment(play, "p", "2", 0, _NOBODYS)
    payment(play, "q", "2", 0, _NOBODYS)
    play.account = "mine"
    play.refused(moved(play, "q", BOT), "FL004", field="exec_id")
    assert moved(play, "p", BOT) is True
    play.account = "theirs"
    assert paid(play, _NOBODYS) == [("p", 2), ("q", 2)]
    play.account = "mine"


def scenarios() -> Iterator[Any]:
    yield from (there_and_back, to_an_earlier_book, not_moved, of_another_account)
