"""What is locked until the transaction ends. What a lock keeps others from is for the tests with several processes."""

from collections.abc import Iterator
from typing import Any

from tests.steps.moving import moved
from tests.steps.play import BOT, NOBODY, OTHER, Line, Play, execution
from tests.steps.settling import journaled


def _is_held(play: Play, name: str, **given: Any) -> bool:
    """Taken once more, it is nothing new."""
    before = play.rows("steps/locks")
    play.rows(f"steps/{name}", **given)
    return play.rows("steps/locks") == before


def books_of_a_batch(play: Play) -> None:
    """Those of all bots that have to do with its orders, also if nothing goes there in the end."""
    others = Line(bot=OTHER)
    play.order("o", BOT)
    play.fill("a", "+1", 100, 0, Line(bot=OTHER, symbol="ETHUSDT"), named_bot=OTHER, order_id="o")
    play.batch([execution("b", "+1", 100, 0, order_id="o")])
    assert _is_held(play, "queue", **others.place)
    assert not _is_held(play, "queue", **Line(bot=NOBODY).place)
    assert not play.has_book(others)


def order_of_a_moved_fill(play: Play) -> None:
    """Nobody books another fill of it meanwhile."""
    of_nobody = Line(bot=NOBODY)
    play.fill("a", "+1", 100, 0, of_nobody)
    journaled(play, of_nobody, "b", "+1", 1, order_id="o")
    play.call("rebuild_book", book_id=play.book_id(of_nobody))
    moved(play, play.fill_id("b"), BOT)
    assert _is_held(play, "lock_order", order_id="o")
    assert not _is_held(play, "lock_order", order_id="p")
    assert play.counted() == ["b:bot +1"]


def scenarios() -> Iterator[Any]:
    yield from (books_of_a_batch, order_of_a_moved_fill)
