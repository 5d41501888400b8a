from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise, permutations

import pytest

from tests.oracle import Book, Fill, HedgeRuleBrokenError, Instrument, derive, half_even, running_share
from tests.oracle_ledger import BookKey, ConflictError, OracleLedger, RefusedFeeError

START = datetime(2026, 1, 1, tzinfo=UTC)
LINEAR = Instrument("linear", "BTCUSDT", "BTC", "USDT", "USDT")
SPOT = Instrument("spot", "ETHUSDT", "ETH", "USDT", "USDT")
INVERSE = Instrument("inverse", "BTCUSD", "BTC", "USD", "BTC")


def fill(at: int, side: str, qty: str, price: str, fee: str = "0 USDT") -> Fill:
    """A fill at a second; its execution id tells the second too."""
    commission, asset = fee.split()
    return Fill(
        exec_id=f"e{at:02}",
        side=side,
        price=Fraction(price),
        qty=Fraction(qty),
        time=START + timedelta(seconds=at),
        commission=Fraction(commission),
        commission_asset=asset,
    )


def numbers(*values: str | int) -> tuple[Fraction, ...]:
    return tuple(Fraction(value) for value in values)


def trades(book: Book) -> list[str]:
    return [f"{one.entry.exec_id} {one.exit.exec_id}: {one.qty}, {one.gross}" for one in book.trades]


def test_half_even_takes_the_even_neighbour() -> None:
    half = Fraction(5, 10**19)
    assert half_even(half) == 0
    assert half_even(3 * half) == Fraction(2, 10**18)
    assert half_even(-half) == 0
    assert half_even(Fraction(2, 3)) == Fraction(666666666666666667, 10**18)


def test_shares_of_a_total_add_up_to_it() -> None:
    cuts = [Fraction(0), Fraction(1), Fraction(2), Fraction(3)]
    parts = [
        running_share(Fraction(1), b, Fraction(3)) - running_share(Fraction(1), a, Fraction(3))
        for a, b in pairwise(cuts)
    ]
    assert sum(parts) == 1
    third = Fraction(333333333333333333, 10**18)
    assert parts == [third, third + Fraction(1, 10**18), third]


def test_scale_in_then_partial_close() -> None:
    book = derive(
        LINEAR,
        0,
        [
            fill(1, "Buy", "100", "50000"),
            fill(2, "Buy", "50", "51000"),
            fill(3, "Sell", "120", "53000"),
        ],
    )
    assert trades(book) == ["e01 e03: 100, 300000", "e02 e03: 20, 40000"]
    assert book.side == "Buy"
    assert (book.size, book.average) == numbers(30, 51000)


def test_flip_splits_the_commission() -> None:
    book = derive(LINEAR, 0, [fill(1, "Buy", "3", "100", "3 USDT"), fill(2, "Sell", "5", "110", "10 USDT")])
    (trade,) = book.trades
    assert (trade.gross, trade.entry_commission, trade.exit_commission, trade.net) == numbers(30, 3, 6, 21)
    assert trade.pnl_pct == 7
    (lot,) = book.open_lots
    assert lot.fill.side == "Sell"
    assert (lot.remaining, lot.commission, book.open_commission) == numbers(2, 4, 4)


def test_late_fill_is_consumed_in_exchange_order() -> None:
    arrival = [fill(1, "Buy", "1", "100"), fill(3, "Sell", "1", "120"), fill(0, "Buy", "1", "110")]
    for order in permutations(arrival):
        book = derive(LINEAR, 0, order)
        assert trades(book) == ["e00 e03: 1, 10"]
        assert [lot.fill.price for lot in book.open_lots] == [100]


def test_equal_times_are_ordered_by_seq_then_by_code_points() -> None:
    same = START
    lots: Sequence[Fill] = [
        replace(fill(1, "Buy", "1", "1"), time=same, exec_id="a"),
        replace(fill(1, "Buy", "1", "2"), time=same, exec_id="Z"),
        replace(fill(1, "Buy", "1", "3"), time=same, exec_id="b", seq=-1),
    ]
    book = derive(LINEAR, 0, [*lots, fill(2, "Sell", "3", "5")])
    assert [trade.entry.exec_id for trade in book.trades] == ["b", "Z", "a"]


def test_spot_fee_in_base_coin_shortens_the_lot_and_keeps_the_cost() -> None:
    bought = fill(1, "Buy", "1", "2000", "0.001 ETH")
    (lot,) = derive(SPOT, 0, [bought]).open_lots
    assert lot.asset == "USDT"
    assert (lot.remaining, lot.commission) == numbers("0.999", 2)
    book = derive(SPOT, 0, [bought, fill(2, "Sell", "0.999", "2100", "2 USDT")])
    assert book.realized_net == Fraction("95.9")
    assert book.side == "None"


def test_spot_fees_of_three_purchases() -> None:
    qty = ["0.0035", "0.0035", "0.0030"]
    book = derive(SPOT, 0, [fill(at, "Buy", one, "2042.69", "0.00001 ETH") for at, one in enumerate(qty)])
    assert book.size == Fraction("0.00997")
    cost = sum((lot.remaining * lot.fill.price + lot.commission for lot in book.open_lots), Fraction(0))
    assert cost == Fraction("20.4269")


def test_base_fee_of_a_spot_sale_is_dust_and_no_short() -> None:
    book = derive(SPOT, 0, [fill(1, "Buy", "0.999", "2000"), fill(2, "Sell", "0.999", "2100", "0.000999 ETH")])
    assert book.side == "None"
    assert (book.size, book.dust) == numbers(0, "-0.000999")
    assert book.trades[0].exit_commission == Fraction("0.000999") * 2100


def test_third_currency_is_kept_apart() -> None:
    book = derive(LINEAR, 0, [fill(1, "Buy", "2", "10", "1 MNT"), fill(2, "Sell", "1", "12", "0.5 USDT")])
    (trade,) = book.trades
    assert (trade.entry_commission, trade.entry_asset, trade.exit_asset) == (Fraction("0.5"), "MNT", "USDT")
    assert trade.net == Fraction("1.5")
    assert book.open_commission == 0


def test_inverse_average_is_harmonic_and_profit_in_coin() -> None:
    entries = [fill(1, "Buy", "1000", "5000", "0 BTC"), fill(2, "Buy", "2000", "6000", "0 BTC")]
    assert derive(INVERSE, 0, entries).average == 5625
    book = derive(INVERSE, 0, [*entries, fill(3, "Sell", "1000", "5500", "0 BTC")])
    assert book.realized_gross == Fraction("0.018181818181818182")
    short = derive(
        INVERSE,
        0,
        [fill(1, "Sell", "100000", "10000", "0 BTC"), fill(2, "Buy", "100000", "11000", "0 BTC")],
    )
    assert short.realized_gross == Fraction("-0.909090909090909091")


def test_hedge_leg_never_flips() -> None:
    with pytest.raises(HedgeRuleBrokenError) as broken:
        derive(LINEAR, 1, [fill(1, "Buy", "1", "10"), fill(2, "Sell", "2", "10")])
    assert (broken.value.need, broken.value.have) == numbers(2, 1)
    book = derive(LINEAR, 2, [fill(1, "Sell", "2", "10"), fill(2, "Buy", "2", "9")])
    assert book.realized_gross == 2


def test_free_option_has_no_percentage() -> None:
    option = Instrument("option", "BTC-29DEC28-90000-C-USDT", "BTC", "USDT", "USDT")
    book = derive(option, 0, [fill(1, "Buy", "1", "0"), fill(2, "Sell", "1", "5")])
    assert book.trades[0].gross == 5
    assert book.trades[0].pnl_pct is None


def test_repetition_and_conflict() -> None:
    ledger, key = OracleLedger(), BookKey(LINEAR)
    one = fill(1, "Buy", "1", "10")
    assert ledger.record([(key, one), (key, one)]) == [False, True]
    with pytest.raises(ConflictError) as conflict:
        ledger.record([(key, replace(one, qty=Fraction(2))), (key, fill(2, "Buy", "1", "1"))])
    assert conflict.value.fields == {"qty"}
    assert ledger.book(key).size == 1


def test_executions_take_the_place_of_their_order() -> None:
    ledger, key = OracleLedger(), BookKey(LINEAR)
    whole = replace(fill(1, "Buy", "10", "100", "5 USDT"), exec_id="order:A", order_id="A")
    parts = [
        replace(fill(2, "Buy", "4", "99", "1 USDT"), order_id="A"),
        replace(fill(3, "Buy", "6", "101", "2 USDT"), order_id="A"),
    ]
    ledger.record([(key, whole)])
    ledger.record([(key, parts[0])])
    rest, part = ledger.book(key).open_lots
    assert (rest.remaining, rest.commission, part.remaining) == numbers(6, 3, 4)
    ledger.record([(key, parts[1])])
    assert [lot.fill.exec_id for lot in ledger.book(key).lots] == ["e02", "e03"]
    assert ledger.book(key).open_commission == 3


def test_fee_that_eats_the_purchase_is_refused() -> None:
    ledger = OracleLedger()
    with pytest.raises(RefusedFeeError):
        ledger.record([(BookKey(SPOT), fill(1, "Buy", "1", "10", "1 ETH"))])
    assert ledger.books() == {}
