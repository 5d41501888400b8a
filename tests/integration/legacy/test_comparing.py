"""Each way in which an earlier system is wrong is found, and the differences by cause add up to the whole."""

import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.history.legacy.causes import Cause
from reconcile.history.legacy.comparing import Wanted, compare
from reconcile.history.legacy.report import Comparison, Difference
from reconcile.history.legacy.values import exactly
from tests.fills import fill, moment
from tests.naive_ledger import Row
from tests.old_system import BOOKS, booked, history, imported, old_row

D = Decimal
Compared = Callable[..., Comparison]


@pytest.fixture
def compared(database_url: str, connection: psycopg.Connection[Any]) -> Compared:
    """Books fills of the bot `bot`, imports rows, and compares."""

    def run(fills: Sequence[Row], rows: Sequence[Row], **wanted: Any) -> Comparison:
        account_id = booked(database_url, [("bot", one) for one in fills])
        written, unchanged, conflicts = imported(connection, account_id, rows)
        assert (written, unchanged, conflicts) == (len(rows), 0, [])
        made = compare(database_url, Wanted(**{"keep": None, **wanted}))
        require_exact(made)
        return made

    return run


def require_exact(made: Comparison) -> None:
    """The parts of each difference, of each book and of each coin are its difference, to the last digit."""
    with exactly():
        for one in made.worst:
            assert sum(part.amount for part in one.parts) == one.amount == (one.old or 0) - (one.ours or 0)
        for totals in [*made.coins, *(book.totals for book in made.books)]:
            assert sum(tally.amount for tally in totals.causes.values()) == totals.difference
            assert totals.difference == totals.old - totals.ours
        for coin in made.coins:
            listed = [one for one in made.worst if one.settle_coin == coin.settle_coin]
            assert sum(one.amount for one in listed) == coin.difference
            course = made.courses[coin.settle_coin]
            assert (course[-1].old, course[-1].ours) == (coin.old, coin.ours)


def two_lots(**exit_: Any) -> list[Row]:
    """One lot at 100, one at 110, each for a fee of 0.1; one is sold at 120 for a fee of 0.2.

    FIFO: 120 − 100 − 0.1 − 0.2 = 19.7. The average is 105.
    """
    return [
        fill("e1", "Buy", 1, 100, 0, commission="0.1", order_id="in1"),
        fill("e2", "Buy", 1, 110, 1, commission="0.1", order_id="in2"),
        fill("x1", "Sell", 1, 120, 2, **{"commission": "0.2", "order_id": "out", **exit_}),
    ]


def parts_of(one: Difference) -> dict[Cause, Decimal]:
    return {part.cause: part.amount for part in one.parts}


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ({"net_pnl": "19.7"}, {}),
        ({"net_pnl": "19.700000000000003"}, {Cause.ROUNDING: D("3E-15")}),
        ({"net_pnl": "14.7"}, {Cause.AVERAGE: D(-5)}),
        ({"net_pnl": "19.8"}, {Cause.COMMISSION: D("0.1")}),
        ({"net_pnl": "19.9"}, {Cause.COMMISSION: D("0.2")}),
        ({"net_pnl": "20"}, {Cause.COMMISSION: D("0.3")}),
        ({"net_pnl": None, "gross_pnl": "20.0"}, {Cause.COMMISSION: D("0.3")}),
        ({"net_pnl": "14.9"}, {Cause.AVERAGE: D(-5), Cause.COMMISSION: D("0.2")}),
        ({"net_pnl": "19.45", "commission": "0.55"}, {Cause.OTHER_COMMISSION: D("-0.25")}),
        ({"net_pnl": "-19.7"}, {Cause.SIDE: D("-39.4")}),
        ({"net_pnl": "-20.3"}, {Cause.SIDE: D(-40)}),
        ({"net_pnl": "-20.3", "side": "Sell"}, {Cause.SIDE: D(-40)}),
        ({"net_pnl": "20.7", "exit_price": "121"}, {Cause.PRICE: D(1)}),
        ({"net_pnl": "15.7", "exit_price": "121"}, {Cause.PRICE: D(1), Cause.AVERAGE: D(-5)}),
        ({"net_pnl": "9.8", "quantity": "0.5"}, {Cause.QUANTITY: D("-9.9")}),
        ({"net_pnl": "17.123456789"}, {Cause.UNEXPLAINED: D("-2.576543211")}),
    ],
)
@pytest.mark.parametrize("by", ["order", "time"])
def test_one_exit(compared: Compared, row: Row, parts: dict[Cause, Decimal], by: str) -> None:
    if by == "time" and "quantity" in row:
        row = {**row, "exit_price": "120"}  # without the order there is nothing else to know it by
    known = {"exit_order_id": "out"} if by == "order" else {"exit_time": (moment(2) + timedelta(seconds=3)).isoformat()}
    made = compared(two_lots(), [old_row("7", None, 2, **known, **{"exit_price": "120.0", **row})])
    assert made.differing == len(made.worst) == bool(parts)
    assert [parts_of(one) for one in made.worst] == ([parts] if parts else [])
    [totals] = made.coins
    assert (totals.exits, totals.old_trades, totals.agreeing) == (1, 1, parts.keys() <= {Cause.ROUNDING})
    assert totals.ours == D("19.7")
    assert totals.turned == (Cause.SIDE in parts)


def test_the_words_have_both_computations(compared: Compared) -> None:
    made = compared(two_lots(), [old_row("7", "14.9", 2, exit_order_id="out")])
    [one] = made.worst
    assert one.words == (
        "It took the average of the whole position, 105, as the cost. The oldest lots were entered at 100. "
        "It did not take off the commission: the exit's (0.2)."
    )
    assert one.sums == (
        "ledger: (120 − 100) × 1 = 20 − 0.1 − 0.2 → 19.7 USDT",
        "earlier: (120 − 105) × 1 − 0.1 → 14.9 USDT",
        "difference: 14.9 − 19.7 = -4.8 USDT",
    )
    assert (one.old, one.ours, one.order_id, one.legacy_ids) == (D("14.9"), D("19.7"), "out", ("7",))


def test_a_number_that_was_rounded_is_still_known(compared: Compared) -> None:
    fills = two_lots(exec_price="120.00456")
    fills[2]["exec_price"] = "120.00456"
    made = compared(fills, [old_row("7", "14.90", 2, exit_order_id="out")])
    [one] = made.worst
    assert one.parts[0].cause is Cause.AVERAGE
    assert parts_of(one) == {Cause.AVERAGE: D("-5.00456"), Cause.COMMISSION: D("0.2")}


def test_the_same_exit_twice(compared: Compared) -> None:
    rows = [old_row("1", "19.7", 2, exit_order_id="out"), old_row("2", "19.7", 2.2, exit_order_id="out")]
    [one] = compared(two_lots(), rows).worst
    assert parts_of(one) == {Cause.DUPLICATE: D("19.7")}
    assert one.legacy_ids == ("1", "2")
    assert one.words == "Row 2 books the same exit again, with another 19.7."


def test_the_same_exit_twice_without_its_order(compared: Compared) -> None:
    rows = [old_row("1", "19.7", 2, exit_price="120"), old_row("2", "19.70", 2.05, exit_price="120.0")]
    [one] = compared(two_lots(), rows).worst
    assert parts_of(one) == {Cause.DUPLICATE: D("19.7")}


def test_two_exits_that_are_alike_are_no_duplicate(compared: Compared) -> None:
    fills = [*two_lots(), fill("x2", "Sell", 1, 120, 2.01, commission="0.2", order_id="out2")]
    rows = [old_row("1", "19.7", 2, exit_price="120"), old_row("2", "9.7", 2.01, exit_price="120")]
    made = compared(fills, rows)
    assert made.worst == ()
    assert made.coins[0].agreeing == 2


def test_rows_by_lot_stand_for_one_exit_together(compared: Compared) -> None:
    fills = [*two_lots()[:2], fill("x1", "Sell", 2, 120, 2, commission="0.4", order_id="out")]
    for known in ({"exit_order_id": "out"}, {}):
        name = "by-order" if known else "by-time"
        rows = [old_row(f"{name}1", "19.7", 2, **known), old_row(f"{name}2", "9.7", 2, **known)]
        made = compared(fills, rows, since=moment(0)) if known else None
        assert made is None or made.worst == ()


def test_executions_of_one_order_are_one_exit(compared: Compared) -> None:
    fills = [
        *two_lots()[:2],
        fill("x1", "Sell", "0.4", 120, 2, commission="0.08", order_id="out"),
        fill("x2", "Sell", "0.6", 121, 2.5, commission="0.12", order_id="out"),
    ]
    made = compared(fills, [old_row("1", "20.3", 2.5, quantity="1.0", exit_price="120.6")])
    assert made.worst == ()  # 0.4 · 20 + 0.6 · 21 − 0.1 − 0.2 = 20.3
    assert made.coins[0].exits == 1


def test_a_missing_and_an_unknown_exit(compared: Compared) -> None:
    fills = [*two_lots(), fill("x2", "Sell", 1, 130, 60, commission="0.2", order_id="out2")]
    rows = [
        old_row("1", "19.7", 2, exit_order_id="out"),
        old_row("2", "55", 90, quantity="3", exit_price="140"),
    ]
    made = compared(fills, rows)
    assert [parts_of(one) for one in made.worst] == [{Cause.UNKNOWN: D(55)}, {Cause.MISSING: D("-19.7")}]
    assert [(one.old, one.ours) for one in made.worst] == [(D(55), None), (None, D("19.7"))]
    assert "No fills of the ledger closed that then." in made.worst[0].words
    assert "The earlier system has no row of it." in made.worst[1].words


def test_exits_after_the_earlier_system_s_last_one_are_left_out(compared: Compared) -> None:
    fills = [*two_lots(), fill("x2", "Sell", 1, 130, 60, commission="0.2", order_id="out2")]
    rows = [old_row("1", "19.7", 2, exit_order_id="out")]
    made = compared(fills, rows)
    assert made.worst == ()
    assert [book.left_out for book in made.books] == [1]
    assert made.coins[0].exits == 1


def test_what_is_asked_for_is_compared_whatever_the_earlier_system_has(compared: Compared, database_url: str) -> None:
    fills = [*two_lots(), fill("x2", "Sell", 1, 130, 60, commission="0.2", order_id="out2")]
    made = compared(fills, [old_row("1", "19.7", 2, exit_order_id="out")], until=moment(61))
    assert [parts_of(one) for one in made.worst] == [{Cause.MISSING: D("-19.7")}]
    later = compare(database_url, Wanted(since=moment(30), until=moment(61)))
    assert (later.coins[0].exits, later.coins[0].old_trades, later.books[0].left_out) == (1, 0, 1)


def test_a_line_that_the_ledger_does_not_have(compared: Compared) -> None:
    made = compared(two_lots(), [old_row("1", "3", 2, symbol="BTCUSD", category="inverse")])
    unknown, missing = made.coins
    assert (unknown.settle_coin, unknown.difference) == ("BTC", D(3))
    assert (missing.settle_coin, missing.difference) == ("USDT", D("-19.7"))
    assert "no fills of this line at all" in next(one for one in made.worst if one.settle_coin == "BTC").words


def test_inverse_contracts_have_a_harmonic_average(compared: Compared) -> None:
    inverse = {"symbol": "BTCUSD", "category": "inverse", "commission": "0.0001"}
    fills = [
        fill("e1", "Buy", 1000, 40000, 0, order_id="in1", **inverse),
        fill("e2", "Buy", 1000, 60000, 1, order_id="in2", **inverse),
        fill("x1", "Sell", 1000, 50000, 2, order_id="out", **inverse),
    ]
    # FIFO: 1000 · (1/40 000 − 1/50 000) = 0.005; by the average of 48 000: 1000/48 000 − 0.02 = 0.000833…
    said = D(1000) / 48000 - D(1000) / 50000
    row = old_row("1", f"{said:.16f}", 2, symbol="BTCUSD", category="inverse", quantity="1000", exit_order_id="out")
    [one] = compared(fills, [row]).worst
    assert [part.cause for part in one.parts] == [Cause.AVERAGE, Cause.COMMISSION]
    assert abs(one.parts[0].amount - (said - D("0.005"))) < D("1e-12")
    assert parts_of(one)[Cause.COMMISSION] == D("0.0002")
    assert "(1 / 40,000 − 1 / 50,000) × 1,000" in one.sums[0]
    assert "(1 / 48,000 − 1 / 50,000) × 1,000" in one.sums[1]


def test_legs_of_a_hedge_are_told_apart_by_the_side(compared: Compared) -> None:
    fills = [
        fill("l1", "Buy", 1, 100, 0, order_id="l1", position_idx=1),
        fill("s1", "Sell", 1, 100, 0, order_id="s1", position_idx=2),
        fill("l2", "Sell", 1, 110, 2, order_id="l2", position_idx=1),
        fill("s2", "Buy", 1, 110, 2, order_id="s2", position_idx=2),
    ]
    rows = [old_row("1", "10", 2, side="Buy"), old_row("2", "-10", 2, side="Sell")]
    made = compared(fills, rows)
    assert made.worst == ()
    assert [(book.position_idx, book.totals.ours) for book in made.books] == [(1, D(10)), (2, D(-10))]


def test_a_price_that_nobody_knows_is_no_claim(compared: Compared) -> None:
    fills = [
        fill("e1", "Buy", 1, None, 0, exec_type="Adjustment", order_id=None),
        fill("x1", "Sell", 1, 120, 2, commission="0.2", order_id="out"),
    ]
    [one] = compared(fills, [old_row("1", "12.5", 2, exit_order_id="out")]).worst
    assert (one.ours, parts_of(one)) == (None, {Cause.UNPRICED: D("12.5")})


def test_after_a_missed_exit_the_average_is_of_another_position(compared: Compared) -> None:
    fills = [
        fill("1", "Buy", 1, 100, 0, order_id="1"),
        fill("2", "Sell", 1, 110, 1, order_id="2"),
        fill("3", "Buy", 1, 120, 2, order_id="3"),
        fill("4", "Sell", 1, 130, 3, order_id="4"),
    ]
    rows = [old_row("1", "20", 3, exit_order_id="4")]
    made = compared(fills, rows, since=moment(0))
    # It missed the sale at 110, and so sells out of an average of 110: 20, and not 10.
    assert [parts_of(one) for one in made.worst] == [{Cause.MISSING: D(-10)}, {Cause.CARRIED: D(10)}] or [
        parts_of(one) for one in made.worst
    ] == [{Cause.CARRIED: D(10)}, {Cause.MISSING: D(-10)}]
    words = next(one.words for one in made.worst if one.old is not None)
    assert "After an exit that it had missed or booked twice" in words


def test_a_whole_history(database_url: str, connection: psycopg.Connection[Any]) -> None:
    fills, rows = history()
    imported(connection, booked(database_url, fills), rows)
    made = compare(database_url, Wanted(keep=None))
    require_exact(made)
    [totals] = made.coins
    causes = totals.causes
    # Of each book: the copies of a second process, the trade that never was, the exit that was missed.
    copies = [D(row["net_pnl"]) for row in rows if row["legacy_id"].endswith("-b")]
    assert (causes[Cause.DUPLICATE].count, causes[Cause.DUPLICATE].amount) == (len(copies), sum(copies))
    assert (causes[Cause.UNKNOWN].count, causes[Cause.UNKNOWN].amount) == (3, 3 * D("77.5"))
    missed = {one.order_id for one in made.worst if Cause.MISSING in parts_of(one)}
    assert {f"o-{book.symbol}-7-2" for book in BOOKS} <= missed
    invented = {one.order_id for one in made.worst if Cause.PRICE in parts_of(one)}
    assert invented == {f"o-{book.symbol}-4-3" for book in BOOKS}
    assert {Cause.AVERAGE, Cause.COMMISSION, Cause.CARRIED} <= causes.keys()
    assert not causes.keys() & {Cause.UNEXPLAINED, Cause.QUANTITY, Cause.SIDE, Cause.OTHER_COMMISSION}
    assert made.unexplained == ()
    assert totals.old == sum(D(row["net_pnl"]) for row in rows)
    assert (totals.exits, totals.old_trades, len(made.books)) == (72, len(rows), 3)
    half = compare(database_url, Wanted(bot="scaling", keep=1))
    assert [book.bot_id for book in half.books] == ["scaling"]
    assert len(half.worst) == 1
    assert half.worst[0] == next(one for one in made.worst if one.bot_id == "scaling")


numbers = st.decimals(-1000, 1000, places=3, allow_nan=False, allow_infinity=False)


@given(st.data())
def test_whatever_an_earlier_system_says_the_sums_are_exact(shared_database_url: str, data: st.DataObject) -> None:
    name = f"sums-{secrets.token_hex(8)}"  # the database keeps what earlier examples booked
    fills = [
        fill(f"{name}{n}", data.draw(st.sampled_from(["Buy", "Sell"])), data.draw(st.integers(1, 3)),
             data.draw(st.integers(90, 110)), n, order_id=f"o{n}", commission=data.draw(st.sampled_from(["0", "0.3"])))
        for n in range(data.draw(st.integers(1, 8)))
    ]  # fmt: skip
    rows = [
        old_row(str(n), str(data.draw(numbers)), data.draw(st.integers(0, 9)), bot_id=name,
                side=data.draw(st.sampled_from(["Buy", "Sell"])), quantity=str(data.draw(st.integers(1, 3))),
                exit_price=data.draw(st.sampled_from([None, "100", "101.5"])),
                exit_order_id=data.draw(st.sampled_from([None, "o1", "o2", "o3"])))
        for n in range(data.draw(st.integers(1, 8)))
    ]  # fmt: skip
    account_id = booked(shared_database_url, [(name, one) for one in fills], account=name)
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        imported(connection, account_id, rows)
    made = compare(shared_database_url, Wanted(account=name, keep=None))
    require_exact(made)
    assert sum(totals.old for totals in made.coins) == sum(D(row["net_pnl"]) for row in rows)
    assert sum(totals.old_trades for totals in made.coins) == len(rows)
