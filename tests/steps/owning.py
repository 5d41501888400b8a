"""To whom an execution belongs, in which book it is, and who may write it."""

from collections.abc import Iterator
from typing import Any

from ledger.queries import query
from tests.fills import moment
from tests.statements import statement
from tests.steps import moving_cash
from tests.steps.adjusting import THEIRS, adjustment
from tests.steps.moving import moved
from tests.steps.play import BOT, MAIN, NOBODY, OTHER, Line, Play, execution
from tests.steps.refusing import payment
from tests.steps.superseding import real

_OTHERS = Line(bot=OTHER)
_SPOT = Line(category="spot")
_LEG = Line(position_idx=1)


def named(play: Play) -> None:
    """The bot that the client order id names comes first, if the account has it."""
    play.order("o", OTHER)
    bots = {
        "caller": play.fill("a", "+1", 100, 0),
        "itself": play.fill("b", "+1", 100, 0, named_bot=BOT, order_id="o"),
        "another": play.fill("c", "+1", 100, 0, named_bot=OTHER),
        "stranger": play.fill("d", "+1", 100, 0, named_bot="stranger"),
        "of another account": play.fill("e", "+1", 100, 0, named_bot=THEIRS.bot),
        "stranger's order": play.fill("f", "+1", 100, 0, named_bot="stranger", order_id="o"),
    }
    assert {name: answer["position"]["bot_id"] for name, answer in bots.items()} == {
        "caller": BOT, "itself": BOT, "another": OTHER, "stranger": BOT, "of another account": BOT,
        "stranger's order": OTHER,
    }  # fmt: skip
    assert play.batch([execution("g", "+1", 100, 0)], named_bot=OTHER)["position"]["bot_id"] == OTHER


def wrote_the_order(play: Play) -> None:
    """Who the account says wrote it; else whose book has a fill of it; in this category and account."""
    play.order("o", OTHER)
    play.order("p", OTHER, "spot")
    play.order("q", None)
    play.fill("a", "+1", 100, 0, Line(bot=NOBODY), order_id="q")
    play.fill("b", "+1", 100, 0, Line(bot=NOBODY, category="spot"), order_id="r")
    play.account = "theirs"
    play.order("s", THEIRS.bot)
    play.fill("c", "+1", 100, 0, Line(bot=NOBODY), order_id="t")
    play.account = "mine"
    asked: dict[str, Any] = {
        "names": [OTHER, "stranger", THEIRS.bot],
        "categories": ["linear"] * 6,
        "orders": list("opqrst"),
    }
    assert play.call("batch_bots", **asked) == {"bots": [OTHER], "owners": [OTHER, None, NOBODY, None, None, None]}
    asked["categories"] = ["spot"] * 6
    assert play.call("batch_bots", **asked)["owners"] == [None, OTHER, None, NOBODY, None, None]
    owners = [play.fill(f"x{order}", "+1", 100, 1, order_id=order)["position"]["bot_id"] for order in "opqrst"]
    assert owners == [OTHER, BOT, NOBODY, BOT, BOT, BOT]


def batches_of_others(play: Play) -> None:
    """A batch with orders of another bot goes one by one, each to its own."""
    play.order("o", OTHER)
    play.order("p", OTHER, "spot")
    play.order("q", BOT)
    play.fill("y", "+1", 100, 0, Line(bot=NOBODY), order_id="r")
    play.fill("z", "+1", 100, 0, Line(bot=NOBODY, category="spot"), order_id="s")
    fills = [
        execution(f"x{order}", "+1", 100, number, order_id=order)
        for number, order in enumerate(("o", "p", "q", "r", "s", None))
    ]
    play.refused(play.batch(fills, announced=[MAIN.announced]), "FL010", bot_id=OTHER)
    answer = play.batch(fills, announced=[MAIN.announced, _OTHERS.announced])
    owners = [result["position"]["bot_id"] for result in answer["results"]]
    assert owners == [OTHER, BOT, BOT, NOBODY, BOT, BOT]
    assert answer["position"]["total_qty"] == 4
    # Cash goes apart, and the other bot's position is answered all the same.
    mixed = [
        execution("t", "+1", 100, 6, order_id="o"),
        execution("u", "+1", 100, 7, exec_type="Funding"),
        execution("v", "+1", 100, 8),
    ]
    assert [(one["bot_id"], one["total_qty"]) for one in play.batch(mixed)["others"]] == [(OTHER, 2)]
    # Who is named is who owns them, whoever wrote the order.
    mine = [execution("n", "+1", 100, 9, order_id="o"), execution("m", "+1", 100, 9, order_id="r")]
    assert play.batch(mine, named_bot=BOT)["position"]["total_qty"] == 7


def batches_of_one_order(play: Play) -> None:
    """Who wrote an order is reason enough; orders of the same id elsewhere are none: they go as a batch."""
    for order, line in (("o", _OTHERS), ("q", MAIN), ("p", Line(bot=OTHER, category="spot"))):
        play.order(order, line.bot, line.category)
    play.account = "theirs"
    play.order("q", THEIRS.bot)
    play.account = "mine"
    (result,) = play.batch([execution("a", "+1", 100, 0, order_id="o")])["results"]
    assert result["position"]["bot_id"] == OTHER
    assert not play.has_book()
    for order in "qp":
        (result,) = play.batch([execution(f"x{order}", "+1", 100, 0, order_id=order)])["results"]
        assert "position" not in result, order
    assert play.counted() == ["xp +1", "xq +1"]


def batches_that_name(play: Play) -> None:
    """An execution of a batch that names its bot is that bot's, and another one of its order is whose the order is."""
    play.order("o", OTHER)
    for number, more in enumerate(({}, {"exec_type": "Funding"})):
        names, silent = (f"names {number}", f"silent {number}")
        fills = [execution(names, "+1", 100, 0, bot_id=BOT, **more), execution(silent, "+1", 100, 1, **more)]
        results = play.batch([fill | {"order_id": "o"} for fill in fills])["results"]
        assert [result["position"]["bot_id"] for result in results] == [BOT, OTHER]
    (result,) = play.batch([execution("alone", "+1", 100, 2, bot_id=BOT, order_id="o")])["results"]
    assert "position" not in result
    assert play.counted() == ["names 0 +1", "alone +1"]


def by_order(play: Play) -> None:
    """What a named bot's leg gets by its orders is booked with what names it; what is not the bot's has no result."""
    legs = Line(bot=OTHER, position_idx=1)
    play.order("o", OTHER)
    play.order("p", OTHER, "spot")
    play.order("q", BOT)
    fills = [
        execution("b", "-1", 100, 1, order_id="o", by_order=True),
        execution("a", "+3", 100, 0, order_id="new"),
        execution("c", "-1", 100, 2, order_id="p", by_order=True),
        execution("d", "-1", 100, 2, order_id="q", by_order=True),
        execution("e", "-1", 100, 3, order_id="new", by_order=True),
        execution("f", "-1", 100, 2, order_id="unknown", by_order=True),
        execution("g", "+2", 100, 4, order_id="o"),
    ]
    play.refused(play.batch(fills, _LEG, named_bot=OTHER, announced=[_LEG.announced]), "FL010", bot_id=OTHER)
    answer = play.batch(fills, _LEG, named_bot=OTHER, announced=[legs.announced])
    assert [one and one["duplicate"] for one in answer["results"]] == [False, False, None, None, False, None, False]
    assert play.counted(legs) == ["a +3", "b -1", "e -1", "g +2"]
    # One by one, because there is a fill of a whole order; and cash apart.
    more = [
        execution("h", "-1", 100, 5, order_id="o", by_order=True),
        execution(None, "+1", 100, 6, order_id="whole"),
        execution("i", "+1", 100, 7, order_id="o", by_order=True, exec_type="Funding"),
        execution("j", "+1", 100, 7, order_id="q", by_order=True, exec_type="Funding"),
    ]
    results = play.batch(more, _LEG, named_bot=OTHER)["results"]
    assert [one and one["duplicate"] for one in results] == [False, False, False, None]
    # To the bot itself nothing is offered: all is its own.
    own = play.batch([execution("k", "+1", 100, 8, order_id="o", by_order=True)], legs, named_bot=OTHER)
    assert own["position"]["total_qty"] == 4
    assert not play.has_book(_LEG)


def by_order_in_place_of_adjustments(play: Play) -> None:
    """They take the place of later adjustments if the batch does."""
    legs = Line(bot=OTHER, position_idx=1)
    play.order("o", OTHER)
    play.fill("a", "+3", 100, 0, legs)
    adjustment(play, "x", "-2", 4, {OTHER: 1}, legs)
    fills = [execution("b", "+1", 100, 1), execution("c", "-3", 100, 2, order_id="o", by_order=True)]
    assert real(play, fills, _LEG, named_bot=OTHER)["position"]["total_qty"] == 1
    assert play.counted(legs) == ["a +3", "b +1", "c -3"]
    # What is not the bot's takes no adjustment's place.
    play.order("q", BOT)
    adjustment(play, "y", "-1", 6, {OTHER: play.book(legs)["book_seq"]}, legs)
    foreign = execution("d", "-1", 100, 5, order_id="q", by_order=True)
    real(play, [foreign, execution("e", "+1", 100, 9)], _LEG, named_bot=OTHER)
    assert play.counted(legs) == ["a +3", "b +1", "c -3", "y -1", "e +1"]
    # Nor does anything if the batch does not.
    ours = execution("f", "+1", 100, 5, order_id="o", by_order=True)
    play.batch([ours, execution("g", "+1", 100, 9)], _LEG, named_bot=OTHER)
    assert play.counted(legs) == ["a +3", "b +1", "c -3", "f +1", "y -1", "e +1", "g +1"]


def announced(play: Play) -> None:
    """A position that the cache was not told of is not changed; that of nobody is not cached."""
    wrong = [_OTHERS, Line(symbol="ETHUSDT"), _SPOT, Line(position_idx=1)]
    names = [line.announced for line in wrong]
    fills = [execution("b", "+1", 100, 0)]
    for given in ([], names):
        play.refused(play.fill("a", "+1", 100, 0, announced=given), "FL010", bot_id=BOT, category="linear",
                     symbol=MAIN.symbol, position_idx="0")  # fmt: skip
        play.refused(play.batch(fills, announced=given), "FL010", bot_id=BOT)
    assert play.fill("a", "+1", 100, 0, announced=[*names, MAIN.announced])["duplicate"] is False
    assert play.batch(fills, announced=[*names, MAIN.announced])["results"][0]["duplicate"] is False
    assert play.fill("c", "+1", 100, 0, Line(bot=NOBODY), announced=[])["duplicate"] is False
    assert play.counted() == ["a +1", "b +1"]


def coins(play: Play) -> None:
    """Those of the instrument, where it is known; else those that the symbol says."""
    bot = {
        "account_id": play.account_id,
        "bot_id": BOT,
        **dict.fromkeys(("qty_step", "tick_size", "contract_type", "status")),
    }
    known = {"base_coin": "AAA", "quote_coin": "BBB", "settle_coin": "CCC", "multiplier": 10}
    for symbol, category in (("XUSDT", "linear"), ("YUSDT", "spot"), ("ZUSDT", "linear")):
        play.connection.execute(
            query("register_instrument").encode(), {**bot, **known, "symbol": symbol, "category": category}
        )
    found = [
        play.fill(f"{symbol} {category}", "+1", 100, 0, Line(symbol=symbol, category=category))["position"][
            "settle_coin"
        ]
        for symbol, category in (("XUSDT", "linear"), ("YUSDT", "linear"), ("YUSDT", "spot"), ("BTCUSD", "inverse"))
    ]
    assert found == ["CCC", "USDT", "CCC", "BTC"]
    closed = play.fill("close", "-1", 101, 1, Line(symbol="XUSDT"))["completed_trades"][0]
    assert (closed["gross_pnl"], closed["settle_coin"]) == (10, "CCC")


def as_a_login(play: Play) -> None:
    """A bot's login writes for that bot alone, and learns of the others' executions only that they are there."""
    play.fill("a", "+2", 100, 0, _OTHERS, order_id="of other")
    play.fill("n", "+2", 100, 0, Line(bot=NOBODY))
    payment(play, "p", "1.5", 0, _OTHERS)
    payment(play, "pn", "1.5", 0, Line(bot=NOBODY))
    adjustment(play, "x", "-1", 5, {}, Line(bot=OTHER, position_idx=2))
    fill_id, adjusted, of_nobody = (play.fill_id(name) for name in ("a", "x", "n"))
    book_id = play.book_id(_OTHERS)
    for step in ("login", "join", "assign", "become"):
        play.connection.execute(statement(f"steps/{step}"))
    mine, theirs = execution("b", "+1", 100, 0), execution("c", "+1", 100, 0, order_id="of other")
    leg = Line(position_idx=2)
    for answer in (
        play.fill("c", "+1", 100, 0, order_id="of other"),
        play.fill("c", "+1", 100, 0, named_bot=OTHER),
        play.fill("c", "+1", 100, 0, _OTHERS),
        play.batch([mine], _OTHERS),
        play.batch([mine, theirs]),
        real(play, [execution("d", "+1", 90, 1)], leg, named_bot=OTHER),
        real(play, [execution("d", "-1", 90, 1)], leg),
        adjustment(play, "y", "-1", 5, {}, _OTHERS),
        play.call("take_back_adjustment", fill_id=adjusted, cause=None, announced=None),
        moved(play, fill_id, BOT),
        moved(play, of_nobody, BOT),
        moved(play, of_nobody, OTHER),
        moving_cash.moved(play, "p", BOT),
        moving_cash.moved(play, "pn", BOT),
        moving_cash.moved(play, "pn", OTHER),
        payment(play, "q", "1", 0, order_id="of other"),
        play.call("rebuild_book", book_id=book_id),
        play.call("verify_book", book_id=book_id, limit=9),
        play.call("batch_bots", _OTHERS, names=[], categories=["linear"], orders=["of other"]),
    ):
        play.refused(answer, "42501", bot_id=OTHER if answer.detail.get("bot_id") != NOBODY else NOBODY)
    asked = play.call("batch_bots", names=[OTHER], categories=["linear"], orders=["of other"])
    assert asked == {"bots": [OTHER], "owners": [None]}
    # What is known already, under the same id.
    hidden = [
        play.fill("a", "+2", 100, 0),
        play.batch([execution("a", "+2", 100, 0)])["results"][0],
        payment(play, "p", "1.5", 0),
    ]
    assert [(one["duplicate"], one["entry"], one["position"]["total_qty"]) for one in hidden] == [(True, None, 0)] * 3
    for answer in (play.fill("a", "+3", 100, 0), play.batch([execution("a", "+3", 100, 0)])):
        play.refused(answer, "FL001", fields="{'exec_qty': {'stored': 'hidden', 'given': '3'}}")
    play.refused(payment(play, "p", "2", 0), "FL001", fields="{'commission': {'stored': 'hidden', 'given': '2'}}")
    assert play.fill("e", "+1", 100, 0)["position"]["total_qty"] == 1
    play.connection.execute(statement("steps/owner"))


def repeated_with_differences(play: Play) -> None:
    """What the caller leaves out is not compared; what he gives is."""
    play.order("o", BOT)
    given: dict[str, Any] = {
        "order_id": "o",
        "client_order_id": "c",
        "seq": 5,
        "is_maker": True,
        "commission_asset": "USDT",
    }
    play.fill("a", "+1", "100.0", 0, **given)
    play.fill("b", "+1", 100, 0)
    for name, more in (("a", dict.fromkeys(given)), ("a", given), ("b", given)):
        assert play.fill(name, "+1", "100", 0, **more)["duplicate"] is True
        assert play.batch([execution(name, "+1.0", "100", 0, **more)])["results"][0]["duplicate"] is True
    # Without a time, the one that is stored is right.
    assert play.fill("a", "+1", "100", 0, exec_time=None)["duplicate"] is True
    other = {
        "exec_time": moment(1).isoformat(), "seq": 6, "is_maker": False, "commission_asset": "MNT", "order_id": "p",
        "client_order_id": "d", "exec_type": "BustTrade", "side": "Sell", "exec_price": "101", "exec_qty": "2",
        "commission": "0.02",
    }  # fmt: skip
    for column, value in other.items():
        changed = execution("a", "+1", "100", 0, **given) | {column: value}
        play.refused(play.batch([changed]), "FL001", exec_id="a")
        play.refused(play.single(changed), "FL001", exec_id="a")
    for line in (Line(symbol="ETHUSDT"), Line(position_idx=1)):
        play.refused(play.fill("a", "+1", "100", 0, line, **given), "FL001", exec_id="a")
        play.refused(play.batch([execution("a", "+1", "100", 0, **given)], line), "FL001", exec_id="a")
    assert play.fill("a", "+1", "100", 0, _SPOT, **given)["duplicate"] is False
    assert play.counted() == ["b +1", "a +1"]


def repeated_in_a_batch(play: Play) -> None:
    """The first of a batch is booked, the others are compared with it."""
    a, b = execution("a", "+1", 100, 0), execution("b", "+1", 100, 1)
    answer = play.batch([b, a, a, b])
    assert [one["duplicate"] for one in answer["results"]] == [False, False, True, True]
    play.refused(play.batch([execution("c", "+1", 100, 2), a | {"exec_qty": "2"}]), "FL001", exec_id="a")
    c = execution("c", "+1", 100, 2)
    play.refused(play.batch([c, c | {"exec_qty": "2"}]), "FL001", exec_id="c")
    assert [one["duplicate"] for one in play.batch([a, b])["results"]] == [True, True]
    # Of many in a batch too, what it says beside the execution is that of the first.
    many = [execution(f"x{n % 20:02}", "+1", 100, 5, close_reason=f"r{n // 20}") for n in range(80)]
    assert {one["duplicate"] for one in play.batch(many, _SPOT)["results"][:20]} == {False}
    sold = play.fill("x", "-20", 100, 6, _SPOT)["completed_trades"]
    assert {trade["entry_reason"] for trade in sold} == {"r0"}
    # A conflict comes before any other refusal.
    leg = Line(position_idx=1)
    opens, closes = execution("l", "+1", 100, 0), execution("m", "-9", 100, 1)
    play.batch([opens], leg)
    play.refused(play.batch([opens, closes], leg), "FL002")
    play.refused(play.batch([opens | {"exec_qty": "2"}, closes], leg), "FL001", exec_id="l")
    play.refused(play.batch([closes, closes | {"exec_qty": "2"}], leg), "FL001", exec_id="m")
    # Between what is new, too.
    between = [execution("y", "+1", 100, 2), a, execution("z", "-1", 100, 3)]
    assert [one["duplicate"] for one in play.batch(between)["results"]] == [False, True, False]
    between = [execution("v", "+1", 100, 2), a | {"exec_qty": "2"}, execution("w", "-1", 100, 3)]
    play.refused(play.batch(between), "FL001", exec_id="a")
    # It is a conflict even if no execution can be like that.
    fee = {"commission_asset": "BTC"}
    play.single(execution("s", "+1", 100, 0) | fee, _SPOT)
    other = execution("s", "+1", 100, 0, commission="2") | fee
    spot = [execution("t", "+1", 100, 7) | fee, other, execution("u", "+1", 100, 8) | fee]
    play.refused(play.batch(spot, _SPOT), "FL001", exec_id="s")
    # A book of another bot is not made by what is known.
    assert [one["duplicate"] for one in play.batch([a, b], _OTHERS)["results"]] == [True, True]
    assert play.counted() == ["a +1", "b +1", "y +1", "z -1"]


def scenarios() -> Iterator[Any]:
    yield from (
        named, wrote_the_order, batches_of_others, batches_of_one_order, batches_that_name, by_order,
        by_order_in_place_of_adjustments, announced, coins,
        as_a_login, repeated_with_differences, repeated_in_a_batch,
    )  # fmt: skip
