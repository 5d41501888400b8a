"""What the import does with orders that are known as a whole too, journaled in whatever order and book."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.fills import moment
from tests.statements import statement
from tests.steps.moving import moved
from tests.steps.play import BOT, MAIN, NOBODY, Line, Play, execution

_SPOT = Line(category="spot", symbol="ETHUSDT")


def journaled(play: Play, line: Line, exec_id: str, signed: str, at: float, **more: Any) -> None:
    """Adds a row to a book's journal and nothing else, as an import does."""
    columns = execution(exec_id, signed, 100, at, **{"commission_asset": "USDT", **more})
    place = {"account_id": play.account_id, "book_id": play.book_id(line)}
    play.connection.execute(statement("steps/journal"), {**place, "fill": json.dumps(columns)})


def _settle(play: Play, *orders: str, line: Line = MAIN) -> Any:
    return play.call("import_settle", line, book_id=play.book_id(line), order_ids=list(orders))


def _rebuild(play: Play, *lines: Line) -> None:
    for line in lines:
        play.call("rebuild_book", line, book_id=play.book_id(line))


def settled(play: Play) -> None:
    """Before and behind their executions, in one book and in two."""
    of_nobody, spot = Line(bot=NOBODY), Line(category="spot")
    play.fill("a", "+1", 90, 0)
    play.fill("b", "+1", 90, 0, of_nobody)
    play.fill("c", "+1", 90, 0, spot)
    for number, (line, exec_id, signed, order) in enumerate(
        (
            (MAIN, "order:o", "-3", "o"), (MAIN, "o1", "-1", "o"), (MAIN, "o2", "-0.5", "o"),
            (MAIN, "order:p", "+2", "p"), (of_nobody, "p1", "+2", "p"),
            (MAIN, "order:q", "+2", "q"), (spot, "q1", "+2", "q"),
            (of_nobody, "order:r", "+2", "r"), (MAIN, "r1", "+1", "r"),
            (MAIN, "order:n", "+4", "n"), (MAIN, "n1", "+1", "n"),
        )
    ):  # fmt: skip
        journaled(play, line, exec_id, signed, 9 - number, order_id=order, commission="0.3")
    found = _settle(play, "r", "q", "p", "o", "n")
    assert (found["from_exec_id"], found["from_time"]) == ("order:n", moment(0).timestamp() * 10**6)
    assert _settle(play, "r", "q", "p", "o", "n") == {"from_time": None, "from_seq": None, "from_exec_id": None}
    assert _settle(play, "r", "p", line=of_nobody)["from_exec_id"] == "order:r"
    _rebuild(play, MAIN, of_nobody, spot)
    assert play.counted() == [
        "n1 +1", "a +1", "order:n:rest:3 +3", "r1 +1", "order:q +2", "o2 -0.5", "o1 -1", "order:o:rest:1.5 -1.5",
    ]  # fmt: skip
    assert play.counted(of_nobody) == ["b +1", "order:r:rest:1 +1", "p1 +2"]


def settled_from_the_first(play: Play) -> None:
    """Everything is derived again from the first that counts less now: by its time, then by the venue's number."""
    play.fill("x", "+1", 90, 0)
    for order, at, seq in (("a", 5, 5), ("b", 5, 2), ("c", 6, 5), ("d", 4, 9)):
        journaled(play, MAIN, f"order:{order}", "+2", at, order_id=order, seq=seq)
        journaled(play, MAIN, f"{order}1", "+1", 7, order_id=order)
    assert _settle(play, "a", "b")["from_exec_id"] == "order:b"
    assert _settle(play, "c", "d")["from_exec_id"] == "order:d"
    _rebuild(play, MAIN)
    assert [fill for fill in play.counted() if fill.startswith("order")] == [
        f"order:{order}:rest:1 +1" for order in "dbac"
    ]


def settled_apart(play: Play) -> None:
    """Of one id there may be an order in each category, and in each account."""
    lines = [("mine", MAIN, "+4"), ("mine", _SPOT, "+3"), ("theirs", Line(bot=f"{BOT} of theirs"), "+9")]
    for account, line, whole in lines:
        play.account = account
        play.fill("x", "+1", 90, 0, line)
        journaled(play, line, "order:o", whole, 5, order_id="o")
        journaled(play, line, "o1", "+1", 6, order_id="o")
    for account, line, _ in lines:
        play.account = account
        _settle(play, "o", line=line)
        _rebuild(play, line)
    play.account = "mine"
    assert play.counted() == ["x +1", "order:o:rest:3 +3", "o1 +1"]
    assert play.counted(_SPOT) == ["x +1", "order:o:rest:2 +2", "o1 +1"]
    play.account = "theirs"
    assert play.counted(lines[2][1]) == ["x +1", "order:o:rest:8 +8", "o1 +1"]


def settled_behind_a_move(play: Play) -> None:
    """An execution that went to its bot counts there, and once."""
    of_nobody = Line(bot=NOBODY)
    play.fill("a", "+9", 90, 0)
    play.fill("o1", "-1", 100, 3, of_nobody, order_id="o")
    moved(play, play.fill_id("o1"), BOT)
    journaled(play, MAIN, "order:o", "-3", 2, order_id="o")
    _settle(play, "o")
    _rebuild(play, MAIN, of_nobody)
    assert play.counted() == ["a +9", "order:o:rest:2 -2", "o1:bot -1"]


def settled_with_dust(play: Play) -> None:
    """The rest of a sale that paid in the base coin."""
    play.fill("a", "+9", 90, 0, _SPOT)
    for exec_id, signed, commission in (("order:o", "-4", "0.4"), ("o1", "-1", "0.25")):
        journaled(play, _SPOT, exec_id, signed, 5, order_id="o", commission=commission, commission_asset="ETH")
    _settle(play, "o", line=_SPOT)
    assert play.book(_SPOT)["dust_qty"] == Decimal("-0.55")
    _rebuild(play, _SPOT)
    assert play.counted(_SPOT) == ["a +9", "o1 -1", "order:o:rest:3 -3"]


def scenarios() -> Iterator[Any]:
    yield from (settled, settled_from_the_first, settled_apart, settled_behind_a_move, settled_with_dust)
