"""Orders that are known as a whole, and their executions, in one book or in several."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.steps.adjusting import THEIRS
from tests.steps.play import BOT, MAIN, NOBODY, OTHER, Line, Play, execution

_OTHERS = Line(bot=OTHER)
_SPOT = Line(category="spot", symbol="ETHUSDT")


def elsewhere(play: Play) -> None:
    """Orders of the same id in another category and another account."""
    play.fill(None, "+9", 50, 0, Line(category="option"), order_id="o")
    play.fill("p1", "+3", 50, 0, Line(category="inverse", symbol="BTCUSD"), order_id="o")
    play.account = "theirs"
    play.fill(None, "+9", 50, 0, THEIRS, order_id="o")
    play.fill("p2", "+3", 50, 0, Line(bot=NOBODY, category="spot"), order_id="o")
    play.account = "mine"


def untouched(play: Play) -> None:
    """They still count."""
    assert play.counted(Line(category="option")) == ["order:o +9"]
    play.account = "theirs"
    assert play.counted(THEIRS) == ["order:o +9"]
    play.account = "mine"


def one_book(play: Play) -> None:
    """The executions take the place of the whole piece by piece, early and late ones."""
    elsewhere(play)
    play.fill("a", "+1", 90, 1)
    play.fill(None, "-3", 100, 5, order_id="o", commission="0.3")
    play.fill("z", "+4", 95, 9)
    for exec_id, signed, at, left in (
        ("e1", "-1", 5, "order:o:rest:2 -2"), ("e2", "-0.5", 2, "order:o:rest:1.5 -1.5"), ("e3", "-1.5", 11, None),
    ):  # fmt: skip
        answer = play.fill(exec_id, signed, 101, at, order_id="o")
        assert answer["duplicate"] is False
        assert [one for one in play.counted() if one.startswith("order:")] == ([left] if left else [])
        assert play.fill(exec_id, signed, 101, at, order_id="o")["duplicate"] is True
    assert play.counted() == ["a +1", "e2 -0.5", "e1 -1", "z +4", "e3 -1.5"]
    # One more than was ordered, and the whole once more.
    play.fill("e4", "-1", 102, 12, order_id="o")
    assert play.fill(None, "-3", 100, 5, order_id="o", commission="0.3")["duplicate"] is True
    assert play.counted()[-1] == "e4 -1"
    untouched(play)


def executions_first(play: Play) -> None:
    """The whole comes after some of its executions, and counts for what they leave."""
    elsewhere(play)
    play.fill("e1", "+1", 100, 2, order_id="o")
    play.fill("e2", "+0.5", 101, 3, order_id="o")
    answer = play.fill(None, "+2", 100, 1, order_id="o", commission="0.3")
    assert answer["position"]["total_qty"] == 2
    assert play.counted() == ["order:o:rest:0.5 +0.5", "e1 +1", "e2 +0.5"]
    play.fill(None, "+1", 100, 4, order_id="full")
    play.fill("f1", "+1", 100, 5, order_id="full")
    play.fill("g1", "+2", 100, 6, order_id="more")
    play.fill(None, "+1", 100, 7, order_id="more")
    assert play.counted()[3:] == ["f1 +1", "g1 +2"]
    untouched(play)


def across_books(play: Play, first: Line = MAIN, second: Line = _OTHERS) -> None:
    """The whole is in one book, its executions in another: in the order in which the books were made, and the other."""
    elsewhere(play)
    play.fill("a", "+1", 90, 0, first)
    play.fill("b", "+1", 90, 0, second)
    play.fill(None, "-3", 100, 5, first, order_id="o", commission="0.3")
    play.fill("c", "+4", 95, 9, first)
    name = second.bot if second.bot != NOBODY else "stranger"
    more: dict[str, Any] = {"order_id": "o", "named_bot": name}
    answer = play.fill("e1", "-1", 101, 6, second, **more)
    if second.bot != NOBODY:
        play.refused(
            play.fill("e2", "-1", 101, 6, second, **more, announced=[second.announced]), "FL010", bot_id=first.bot
        )
    assert answer["position"]["bot_id"] == second.bot
    assert play.counted(first) == ["a +1", "order:o:rest:2 -2", "c +4"]
    play.fill("e2", "-2", 101, 4, second, **more, announced=[first.announced, second.announced])
    assert play.counted(first) == ["a +1", "c +4"]
    assert play.counted(second)[-2:] == ["e2 -2", "e1 -1"]
    untouched(play)


def across_books_back(play: Play) -> None:
    """The other book was made first."""
    play.fill("x", "+1", 90, 0, _OTHERS)
    across_books(play)


def whole_in_a_batch(play: Play) -> None:
    """A batch with a whole order, its executions and cash goes one by one, in exchange order."""
    fills = [
        execution("e2", "-1", 101, 6, order_id="o"),
        execution(None, "-3", 100, 5, order_id="o"),
        execution("f", "-3", 1, 5, exec_type="Funding"),
        execution("e1", "-1", 101, 5, order_id="o", seq=1),
        execution("a", "+3", 90, 1),
        execution("s", "-3", 1, 8, exec_type="SessionSettlePnL", commission="-0.5"),
        execution("a", "+3", 90, 1),
    ]
    answer = play.batch(fills)
    assert [one["duplicate"] for one in answer["results"]] == [False] * 6 + [True]
    assert (answer["position"]["side"], answer["position"]["total_qty"]) == ("None", 0)
    assert play.counted() == ["a +3", "order:o:rest:1 -1", "e1 -1", "e2 -1"]
    assert [one["duplicate"] for one in play.batch(fills)["results"]] == [True] * 7
    late = play.batch([execution("e3", "-1", 103, 7, order_id="o"), execution("b", "+1", 80, 0)])
    assert late["position"]["total_qty"] == 1
    assert play.counted() == ["b +1", "a +3", "e1 -1", "e2 -1", "e3 -1"]


def whole_of_the_same_moment(play: Play) -> None:
    """A whole without an id has its place by the id that it gets: here behind what opens the leg."""
    leg = Line(position_idx=1)
    play.batch([execution(None, "-3", 110, 5, order_id="o"), execution("n", "+3", 100, 5)], leg)
    assert play.counted(leg) == ["n +3", "order:o -3"]


def many_of_one_moment(play: Play) -> None:
    """They are booked in the order of their ids, and of those that are there twice the first is."""
    fills = [execution(f"e{n:02}", "+1", 100, n % 2) for n in range(40)]
    whole = execution(None, "+1", 100, 9, order_id="o")
    for line, one_by_one in ((MAIN, []), (_SPOT, [whole])):
        results = play.batch([*fills, *fills, *one_by_one], line)["results"]
        assert [result["duplicate"] for result in results[:80]] == [False] * 40 + [True] * 40
        booked = sorted(range(40), key=lambda n: results[n]["fill_id"])
        assert booked == [*range(0, 40, 2), *range(1, 40, 2)]


def fees_in_the_base_coin(play: Play) -> None:
    """Dust goes with the whole, and comes with the rest."""
    dust = {"order_id": "o", "commission_asset": "ETH"}
    play.fill("a", "+9", 90, 0, _SPOT)
    assert play.fill(None, "-4", 100, 5, _SPOT, commission="0.4", **dust)["position"]["dust_qty"] == Decimal("-0.4")
    assert play.fill("e1", "-1", 101, 5, _SPOT, commission="0.25", **dust)["position"]["dust_qty"] == Decimal("-0.55")
    assert play.fill("e2", "-3", 102, 5, _SPOT, commission="0.125", **dust)["position"]["dust_qty"] == -0.375
    # The fee of the rest is what the executions leave of the fee of the whole, whatever they paid.
    play.fill(None, "+1", 100, 7, _SPOT, order_id="p", commission="0.000000000000000001", commission_asset="USDT")
    play.fill("f1", "+0.5", 100, 7, _SPOT, order_id="p")
    assert play.counted(_SPOT) == ["a +9", "e1 -1", "e2 -3", "f1 +0.5", "order:p:rest:0.5 +0.5"]


def a_leg(play: Play) -> None:
    """What would leave a leg closed further than it is open is refused, and nothing is written."""
    leg = Line(position_idx=1)
    play.fill(None, "+3", 100, 5, leg, order_id="o")
    play.fill("x", "-3", 110, 6, leg)
    play.refused(play.fill("e1", "+1", 100, 7, leg, order_id="o"), "FL002", need="3", have="2", position_idx="1")
    assert play.fill("e1", "+1", 100, 6, leg, order_id="o", seq=0)["position"]["total_qty"] == 0
    assert play.counted(leg) == ["order:o:rest:2 +2", "e1 +1", "x -3"]


def effects(play: Play) -> None:
    """A fill that may only close, or only open, and does both or the other."""
    play.fill("a", "+2", 100, 5)
    close: dict[str, Any] = {"effect": "closes"}
    opens: dict[str, Any] = {"effect": "opens"}
    play.refused(play.fill("b", "-2.5", 110, 6, **close), "FL002", need="2.5", have="2")
    play.refused(play.fill("b", "+1", 110, 6, **close), "FL002", need="1", have="0")
    # It closes what is open now, but at its own time nothing was.
    play.refused(play.fill("b", "-1", 110, 4, **close), "FL002", need="1", have="0")
    play.refused(play.fill("b", "-1", 110, 6, **opens), "FL011")
    assert play.fill("b", "-2", 110, 6, **close)["position"]["side"] == "None"
    play.refused(play.fill("c", "-1", 110, 7, **close), "FL002", need="1", have="0")
    assert play.fill("c", "-1", 110, 7, **opens)["entry"]["remaining_qty"] == 1
    assert play.fill("d", "+1.5", 110, 8, **opens)["entry"]["original_qty"] == 0.5
    short = Line(position_idx=2)
    play.refused(play.fill("e", "+1", 110, 8, short), "FL002", need="1", have="0", bot_id=BOT)
    play.refused(play.batch([execution("e", "+1", 110, 8)], short), "FL002", need="1", have="0")
    assert play.fill("f", "-2", 110, 8, short)["entry"]["original_qty"] == 2
    play.refused(play.batch([execution("h", "+1", 110, 8), execution("i", "+1.5", 110, 9)], short), "FL002",
                 need="1.5", have="1.0", symbol="BTCUSDT")  # fmt: skip
    play.refused(play.fill("e", "+1", 110, 8, short), "FL002")
    assert play.fill("h", "+2", 110, 8, short)["position"]["total_qty"] == 0


def whole_before_what_it_closes(play: Play) -> None:
    """Of a batch counts what it leaves: a whole order's fill that its executions replace may stand before any lot."""
    short = Line(position_idx=2)
    play.fill("a", "-3", 100, 5, short)
    closing = execution("x", "+2", 90, 7, order_id="o")
    for exec_id in ("order:o", None):
        both = [closing, execution(exec_id, "+1", 80, 2, order_id="o")]
        answer = play.batch(both, short)
        assert [one["duplicate"] for one in answer["results"]] == [exec_id is None] * 2
        assert answer["position"]["total_qty"] == 1
    assert play.counted(short) == ["a -3", "x +2"]
    for batch in (
        [execution("y", "+2", 90, 8, order_id="p"), execution("order:p", "+1", 80, 2, order_id="p")],
        [execution("z", "+1", 90, 8, order_id="q"), execution("order:q", "+1.5", 80, 2, order_id="q")],
    ):
        play.refused(play.batch(batch, short), "FL002")
    # In exchange order what a whole order opened is there for what closes it.
    later = [
        execution("order:r", "-5", 100, 11, order_id="r"), execution("r1", "-2", 100, 11, order_id="r"),
        execution("s", "+6", 90, 12),
    ]  # fmt: skip
    assert play.batch(later, short)["position"]["side"] == "None"
    assert play.counted(short) == ["a -3", "x +2", "order:r:rest:3 -3", "r1 -2", "s +6"]


def scenarios() -> Iterator[Any]:
    yield from (
        one_book, executions_first, across_books, across_books_back, whole_in_a_batch, whole_of_the_same_moment,
        many_of_one_moment, whole_before_what_it_closes, fees_in_the_base_coin, a_leg, effects,
    )  # fmt: skip
