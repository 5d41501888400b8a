"""What the database refuses, whoever calls it, and the last values before it does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.fill import CASH_TYPES
from tests.fills import moment
from tests.steps.play import MAIN, Line, Play, execution

_FIRST, _LAST = "0001-01-02 00:00+00", "9999-12-31 00:00+00"
_SPOT = Line(symbol="ETHUSDT", category="spot")
_OPTION = Line(symbol="BTC-29DEC28-90000-C-USDT", category="option")
_IN_BASE = {"exec_qty": "1", "commission_asset": "ETH"}

# Of both journals: the column, what it may not be, and what it may just be.
_BOTH: tuple[tuple[str, tuple[Any, ...], tuple[Any, ...]], ...] = (
    ("exec_id", ("",), ("x",)),
    ("exec_time", (f"{_FIRST} BC", "0001-01-01 23:59:59.999999+00", _LAST, "infinity", "-infinity"),
     (_FIRST, "9999-12-30 23:59:59.999999+00")),
    ("commission", ("-1e30", "1e30", "NaN", "Infinity", "-Infinity", "1e-31", None),
     ("-9e29", "999999999999999999999999999999", "1e-30", "-1e-30", "0")),
    ("source", (None,), ("x",)),
)  # fmt: skip
_FILLS: tuple[tuple[str, tuple[Any, ...], tuple[Any, ...]], ...] = (
    *_BOTH,
    ("side", ("buy", "None", None), ("Sell",)),
    ("order_id", ("", "a:rest:b"), ("a:rest", None)),
    ("client_order_id", ("",), ("x", None)),
    ("exec_qty", ("0", "-1", "1e30", "NaN", "Infinity", "1e-31", None), ("9e29", "1e-30")),
    ("exec_price", ("0", "-1", "1e30", "NaN", "Infinity", "1e-31", None), ("9e29", "1e-30")),
    ("exec_type", (None, "Funding", "SessionSettlePnL"), ("AdlTrade",)),
)
_CASH: tuple[tuple[str, tuple[Any, ...], tuple[Any, ...]], ...] = (
    *_BOTH,
    ("exec_time", (None,), ()),
    ("exec_qty", ("-1", "1e30", "NaN", "1e-31"), ("0", "9e29", "1e-30", None)),
    ("exec_price", ("-1", "1e30", "NaN", "1e-31"), ("0", "9e29", "1e-30", None)),
    ("exec_type", (None, "Trade"), ("SessionSettlePnL",)),
)
# Names of the line: NULL and an empty text are no names.
_LINES = {
    "symbol": (replace(MAIN, symbol=""),),
    "category": (replace(MAIN, category=""),),
    "position_idx": (replace(MAIN, position_idx=3), replace(MAIN, position_idx=-1)),
}


def payment(play: Play, name: str, amount: str, at: float, line: Line = MAIN, **more: Any) -> Any:
    """`record_cash`."""
    columns = execution(name, "+1", "100", at, commission=amount, exec_type="Funding", named_bot=None)
    return play.call("record_cash", line, **{**columns, **more})


def values_of_fills(play: Play) -> None:
    """Each bad value is named, alone and in a batch; nothing is left behind."""
    for column, bad, good in _FILLS:
        for value in bad:
            _fill_refused(play, column, {column: value}, MAIN)
        for value in good:
            changed = execution(f"{column} {value}", "+1", "100", 0) | {column: value}
            line = Line(symbol=f"{column}{value}")
            assert play.single(changed, line)["duplicate"] is False, (column, value)
    assert play.counted() == []


def lines_of_fills(play: Play) -> None:
    """A book without a name is none."""
    for column, lines in _LINES.items():
        for line in lines:
            _fill_refused(play, column, {}, line)
            play.refused(payment(play, "x", "1", 0, line), "FL004", field=column)
    assert play.complaints() == []


def prices(play: Play) -> None:
    """Only an option costs nothing; only an adjustment has no price."""
    assert play.fill("a", "+1", "0", 0, _OPTION)["fill_id"]
    _fill_refused(play, "exec_price", {"exec_price": "0"}, _SPOT)
    _fill_refused(play, "exec_price", {"exec_price": "-0.1"}, _OPTION)
    for number, exec_type in enumerate(("Adjustment", "OpeningBalance")):
        assert play.fill(f"n{number}", "+1", None, 1, exec_type=exec_type)["position"]["avg_entry_price"] is None
    _fill_refused(play, "exec_price", {"exec_price": None, "exec_type": "BustTrade"}, MAIN)


def fees_that_eat_all(play: Play) -> None:
    """A fee in the base coin must leave something of what was bought, and only there."""
    for commission in ("1", "1.5"):
        _fill_refused(play, "commission", {**_IN_BASE, "commission": commission}, _SPOT)
    assert play.fill("a", "+1", "100", 0, _SPOT, commission="0.99", commission_asset="ETH")
    assert play.fill("b", "+1", "100", 0, _SPOT, commission="2", commission_asset="USDT")
    assert play.fill("c", "-0.001", "100", 1, _SPOT, commission="2", commission_asset="ETH")
    assert play.fill("d", "+1", "100", 0, commission="2", commission_asset="BTC")


def ids_of_whole_orders(play: Play) -> None:
    """A fill of a whole order names the order."""
    _fill_refused(play, "order_id", {"exec_id": "order:o"}, MAIN)
    assert play.fill("order:o", "+1", "100", 0, order_id="o")["position"]["total_qty"] == 1
    assert play.fill("border:o", "+1", "100", 0)["position"]["total_qty"] == 2


def values_of_cash(play: Play) -> None:
    """The same for payments."""
    for column, bad, good in _CASH:
        for value in bad:
            answer = payment(play, "x", "1", 0, **{column: value})
            play.refused(answer, "FL004", field=column)
        for value in good:
            line = Line(symbol=f"{column}{value}")
            answer = payment(play, f"{column} {value}", "1", 0, line, **{column: value})
            assert answer["duplicate"] is False, (column, value)
    assert play.counted() == []


def in_the_other_journal(play: Play) -> None:
    """An execution moves a position or cash, and is in one journal only."""
    play.fill("a", "+1", "100", 0)
    payment(play, "c", "1", 0)
    play.refused(payment(play, "a", "1", 0), "FL001", exec_id="a")
    play.refused(play.fill("c", "+1", "100", 0), "FL001", exec_id="c")
    play.refused(play.batch([execution("b", "+1", "100", 0), execution("c", "+1", "100", 0)]), "FL001", exec_id="c")
    # Another category is another execution, and another account.
    play.account = "theirs"
    payment(play, "t", "1", 0, Line(bot="bot of theirs"))
    play.fill("u", "+1", "100", 0, Line(bot="bot of theirs"))
    play.account = "mine"
    assert play.fill("t", "+1", "100", 0, Line(symbol="ETHUSDT"))["duplicate"] is False
    assert payment(play, "u", "1", 0)["duplicate"] is False
    assert play.batch([execution("v", "+1", "100", 0)], Line(symbol="ETHUSDT"))["results"][0]["duplicate"] is False
    assert payment(play, "a", "1", 0, _SPOT)["duplicate"] is False
    assert play.fill("c", "+1", "100", 0, _SPOT)["duplicate"] is False
    assert play.batch([execution("b", "+1", "100", 0)])["results"][0]["duplicate"] is False
    assert play.counted() == ["a +1", "b +1"]


_PAYMENT = {
    "symbol": "ETHUSDT", "exec_type": "SessionSettlePnL", "commission": "1.5", "commission_asset": "MNT",
    "exec_time": moment(9), "exec_qty": "2",
}  # fmt: skip


def payments_again(play: Play) -> None:
    """The same payment once more changes nothing; another one of the same id is a conflict."""
    play.fill("a", "+1", "100", 0)
    assert payment(play, "c", "1.50", 0)["position"]["total_qty"] == 1
    for column, value in _PAYMENT.items():
        changed: dict[str, Any] = {column: "2.5" if column == "commission" else value}
        play.refused(payment(play, "c", "1.50", 0, **changed), "FL001", exec_id="c")
    again = payment(
        play, "c", "1.5", 0, exec_price="7", side="Sell", seq=4, order_id="o", source="stream", exec_qty="1.0"
    )
    assert again["duplicate"] is True
    assert again["position"]["total_qty"] == 1
    # Known from another book: no new one is made.
    answer = payment(play, "c", "1.5", 0, Line(bot="other"))
    assert answer["position"]["bot_id"] == "bot"
    assert not play.has_book(Line(bot="other"))
    assert payment(play, "d", "-0.25", 3, Line(bot="other"), seq=None, commission_asset=None)["duplicate"] is False
    assert payment(play, "e", "2", 4, seq=8, order_id="o")["duplicate"] is False


def payments_of_others(play: Play) -> None:
    """A payment belongs to the bot that is named, or that wrote the order."""
    play.order("o", "other")
    assert payment(play, "a", "1", 0, order_id="o")["position"]["bot_id"] == "other"
    assert payment(play, "b", "1", 0, named_bot="other")["position"]["bot_id"] == "other"
    assert payment(play, "c", "1", 0, named_bot="stranger")["position"]["bot_id"] == "bot"
    play.account = "theirs"
    assert payment(play, "a", "9", 5, Line(bot="bot of theirs"))["duplicate"] is False


def at_the_end_of_time(play: Play) -> None:
    """The last moment of the calendar is an execution's, in the middle of the others."""
    last = datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)
    play.fill("z", "+1", "100", 0, exec_time=last)
    play.fill("a", "+2", "90", 0, exec_time=last - timedelta(microseconds=1))
    assert play.fill("b", "-2", "95", 0, exec_time=last)["position"]["total_qty"] == 1
    assert play.counted() == ["a +2", "b -2", "z +1"]


def _fill_refused(play: Play, column: str, changed: dict[str, Any], line: Line) -> None:
    whole = execution("bad", "+1", "100", 0) | changed
    # Left out, an id is that of the order and a time is now: only a batch has none of either.
    play.refused(play.single(whole, line), "FL004", field=column)
    good = execution("good", "+1", "100", 0)
    if whole["exec_id"] is not None and whole["exec_type"] not in CASH_TYPES:
        play.refused(play.batch([good, whole], line), "FL004", field=column)


def scenarios() -> Iterator[Any]:
    yield from (
        values_of_fills, lines_of_fills, prices, fees_that_eat_all, ids_of_whole_orders, values_of_cash,
        in_the_other_journal, payments_again, payments_of_others, at_the_end_of_time,
    )  # fmt: skip
