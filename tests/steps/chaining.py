"""The journal can be proven outside the database, whatever was done to its books."""

from collections.abc import Iterator
from typing import Any

from tests.hash_chain import ODD, check_chains
from tests.steps.adjusting import adjustment
from tests.steps.moving import moved
from tests.steps.play import BOT, NOBODY, OTHER, Line, Play, execution
from tests.steps.refusing import payment
from tests.steps.superseding import real


def chained(play: Play) -> None:
    """Fills with and without everything, voids of all kinds, cash."""
    spot = Line(category="spot", symbol="ETHUSDT")
    play.fill("e1", "+2.50", "100.10", 0.000123, order_id="o1", is_maker=True, close_reason=ODD, client_order_id="c 1")
    play.fill("e2", "-1", 110, 1, seq=7, is_maker=False, commission="-0.0100", commission_asset="MNT")
    play.fill(None, "+3", 100, 2, order_id="whole")
    play.fill("e3", "+1", 100, 2, order_id="whole")
    play.fill("e4", "+2", 100, -1e6, order_id="whole")
    adjustment(play, "adjusted", "-2", 9, {BOT: 6})
    real(play, [execution("e5", "-2", 110, 8), execution("e6", "+1", "120.000", 8.5, close_reason=ODD)])
    play.fill("e7", "+1", 100, 0, spot, commission="0.001", commission_asset="ETH")
    play.fill("n1", "+1", 100, 3, Line(bot=NOBODY))
    moved(play, play.fill_id("n1"), OTHER)
    payment(play, "f1", "0.5000", 10, exec_price="101.50", order_id=ODD)
    payment(play, "f2", "-0.25", 11, exec_price=None, exec_qty=None, side=None, seq=5)
    assert check_chains(play.connection) == (4, 2)


def numbered(play: Play) -> None:
    """A batch gets its numbers in exchange order, in which no sequence is sequence 0."""
    a, b, c = (execution(name, signed, 100, 0) for name, signed in (("a", "+3"), ("b", "-1"), ("c", "-2")))
    results = play.batch([a | {"seq": 1}, b, c | {"seq": 0}])["results"]
    assert [result["fill_id"] - results[1]["fill_id"] for result in results] == [2, 0, 1]
    assert [len(result["completed_trades"]) for result in results] == [2, 0, 0]


def scenarios() -> Iterator[Any]:
    yield from (chained, numbered)
