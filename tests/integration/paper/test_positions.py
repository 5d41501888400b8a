from decimal import Decimal

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit, Policy, paper_bybit
from tests.paper_exchange import HOUR, START, WEEK, Row, connect, limit, market, refused, rows, walk


def leg_of(session: HTTP, symbol: str = "BTCUSDT", category: str = "linear") -> Row:
    (row,) = rows(session.get_positions(category=category, symbol=symbol))
    return row


def test_linear_needs_symbol_or_settle_coin_and_spot_has_no_positions(session: HTTP) -> None:
    with refused(10001):
        session.get_positions(category="linear")
    with refused(10001):
        session.get_positions(category="spot", symbol="BTCUSDT")
    assert rows(session.get_positions(category="option")) == []


def test_settle_coin_shows_open_legs_only_a_symbol_flat_ones_too(session: HTTP) -> None:
    market(session, "Buy", "0.001")
    market(session, "Buy", "0.1", "ETHUSDT")
    market(session, "Sell", "0.1", "ETHUSDT")
    market(session, "Buy", "0.001", "BTCPERP")
    assert [row["symbol"] for row in rows(session.get_positions(category="linear", settleCoin="USDT"))] == ["BTCUSDT"]
    assert [row["symbol"] for row in rows(session.get_positions(category="linear", settleCoin="USDC"))] == ["BTCPERP"]
    flat = leg_of(session, "ETHUSDT")
    assert (flat["side"], flat["size"], flat["avgPrice"]) == ("", "0", "0")


def test_twenty_rows_a_page_and_a_cursor_even_on_the_last(exchange: PaperBybit, session: HTTP) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"):
        market(session, "Buy", "100" if symbol == "XRPUSDT" else "1", symbol)
    query = {"category": "linear", "settleCoin": "USDT"}
    last = session.get_positions(**query)["result"]
    assert len(last["list"]) == 4
    assert last["nextPageCursor"]
    assert rows(session.get_positions(**query, cursor=last["nextPageCursor"])) == []
    assert [len(page) for page in walk(session.get_positions, **query, limit=3)] == [3, 1]


def test_the_average_moves_and_ignores_which_lot_is_closed(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    exchange.control.move_price("BTCUSDT", Decimal(63000))
    market(session, "Buy", "0.2")
    assert leg_of(session)["avgPrice"] == "62000"
    market(session, "Sell", "0.1")
    assert (leg_of(session)["avgPrice"], leg_of(session)["size"]) == ("62000", "0.2")


def test_the_average_of_inverse_contracts_is_harmonic(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.move_price("BTCUSD", Decimal(5000))
    market(session, "Buy", "1000", "BTCUSD", category="inverse")
    exchange.control.move_price("BTCUSD", Decimal(6000))
    market(session, "Buy", "2000", "BTCUSD", category="inverse")
    # Coin values are rounded to 8 places, so the last places of the average are, too.
    shown = Decimal(leg_of(session, "BTCUSD", "inverse")["avgPrice"])
    assert shown.quantize(Decimal("0.01")) == Decimal("5625.00")


def test_created_is_the_first_position_ever_and_open_time_the_present_one(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.advance(HOUR)
    market(session, "Buy", "0.1")
    market(session, "Sell", "0.1")
    exchange.control.advance(HOUR)
    market(session, "Sell", "0.1")
    row = leg_of(session)
    assert (row["createdTime"], row["openTime"]) == (str(START + HOUR), str(START + 2 * HOUR))
    assert 0 < int(row["updatedTime"]) - (START + 2 * HOUR) < 10


def test_updated_time_moves_with_funding_and_settings(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    traded = int(leg_of(session)["updatedTime"])
    exchange.control.advance(HOUR)
    exchange.control.charge_funding("BTCUSDT", Decimal("0.0001"))
    charged = int(leg_of(session)["updatedTime"])
    exchange.control.advance(HOUR)
    session.set_leverage(category="linear", symbol="BTCUSDT", buyLeverage="5", sellLeverage="5")
    assert traded < charged < int(leg_of(session)["updatedTime"])
    with refused(110043):
        session.set_leverage(category="linear", symbol="BTCUSDT", buyLeverage="5", sellLeverage="5")


def test_hedge_mode_has_two_rows_and_switches_only_when_flat(session: HTTP) -> None:
    query = {"category": "linear", "symbol": "BTCUSDT"}
    resting = limit(session, "Buy", "0.001", "50000")
    with refused(110028):
        session.switch_position_mode(**query, mode=3)
    session.cancel_order(**query, orderId=resting)
    session.switch_position_mode(**query, mode=3)
    with refused(110025):
        session.switch_position_mode(**query, mode=3)
    market(session, "Sell", "0.003", positionIdx=2)
    found = {row["positionIdx"]: (row["side"], row["size"]) for row in rows(session.get_positions(**query))}
    assert found == {1: ("", "0"), 2: ("Sell", "0.003")}
    with refused(110024):
        session.switch_position_mode(**query, mode=0)
    with refused(10001):
        market(session, "Buy", "0.001")
    # The mode belongs to the symbol: others are still one-way.
    market(session, "Buy", "0.1", "ETHUSDT")


def test_the_two_rows_come_in_either_order(exchange: PaperBybit) -> None:
    seen = set()
    for uid in (1, 2):
        session = connect(exchange, exchange.control.create_account(uid))
        exchange.control.set_hedge_mode(uid, "BTCUSDT")
        found = rows(session.get_positions(category="linear", symbol="BTCUSDT"))
        seen.add(tuple(row["positionIdx"] for row in found))
        session.client.close()
    assert seen == {(1, 2), (2, 1)}


def test_hedge_mode_is_not_available_for_usdc_and_inverse_perpetuals(session: HTTP) -> None:
    for category, symbol in (("linear", "BTCPERP"), ("inverse", "BTCUSD")):
        with refused(110029):
            session.switch_position_mode(category=category, symbol=symbol, mode=3)


def test_closed_pnl_has_one_row_per_closing_order(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.3")
    exchange.control.move_price("BTCUSDT", Decimal(61000))
    exchange.control.set_depth("BTCUSDT", Decimal("0.05"), levels=4)
    closing = market(session, "Sell", "0.2")
    (row,) = rows(session.get_closed_pnl(category="linear"))
    assert (row["orderId"], row["fillCount"], row["qty"], row["closedSize"]) == (closing, "4", "0.2", "0.2")
    parts = {name: Decimal(row[name]) for name in ("cumEntryValue", "cumExitValue", "openFee", "closeFee")}
    expected = parts["cumExitValue"] - parts["cumEntryValue"] - parts["openFee"] - parts["closeFee"]
    assert Decimal(row["closedPnl"]) == expected
    assert (row["cumEntryValue"], row["cumExitValue"], row["openFee"]) == ("12000", "12199.97", "6.6")


def test_quantity_is_the_orders_closed_size_what_it_closed(session: HTTP) -> None:
    market(session, "Buy", "0.1")
    market(session, "Sell", "0.25")
    (row,) = rows(session.get_closed_pnl(category="linear", symbol="BTCUSDT"))
    assert (row["qty"], row["closedSize"]) == ("0.25", "0.1")


def test_a_short_and_an_inverse_position_close_exactly(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Sell", "0.1")
    market(session, "Sell", "1000", "BTCUSD", category="inverse")
    exchange.control.move_price("BTCUSDT", Decimal(59000))
    exchange.control.move_price("BTCUSD", Decimal(50000))
    market(session, "Buy", "0.1")
    market(session, "Buy", "1000", "BTCUSD", category="inverse")
    for category, gross in (("linear", Decimal(100)), ("inverse", Decimal("0.02") - Decimal("0.01666667"))):
        (row,) = rows(session.get_closed_pnl(category=category))
        assert Decimal(row["closedPnl"]) == gross - Decimal(row["openFee"]) - Decimal(row["closeFee"])


def test_closed_pnl_is_for_contracts_in_windows_of_seven_days(session: HTTP) -> None:
    with refused(10001):
        session.get_closed_pnl(category="spot")
    with refused(10001):
        session.get_closed_pnl(category="linear", startTime=START - WEEK - 1, endTime=START)


@pytest.mark.parametrize("included", [False, True])
def test_whether_closed_pnl_includes_funding_can_be_chosen(included: bool) -> None:
    policy = Policy(closed_pnl_includes_funding=included)
    with paper_bybit(start=START, policy=policy) as exchange:
        session = connect(exchange, exchange.control.create_account())
        market(session, "Buy", "0.1")
        exchange.control.charge_funding("BTCUSDT", Decimal("0.001"))
        market(session, "Sell", "0.1")
        (row,) = rows(session.get_closed_pnl(category="linear"))
        fees = Decimal(row["openFee"]) + Decimal(row["closeFee"])
        assert -Decimal(row["closedPnl"]) - fees == (6 if included else 0)
        session.client.close()


@pytest.mark.parametrize(("start", "known"), [(1_748_000_000_000, False), (START, True)])
def test_fees_of_closed_pnl_are_known_since_june_2025(start: int, known: bool) -> None:
    with paper_bybit(start=start) as exchange:
        session = connect(exchange, exchange.control.create_account())
        market(session, "Buy", "0.1")
        market(session, "Sell", "0.1")
        (row,) = rows(session.get_closed_pnl(category="linear"))
        assert ("openFee" in row, "closeFee" in row) == (known, known)
        session.client.close()


def test_spot_has_no_position_settings(session: HTTP) -> None:
    spot = {"category": "spot", "symbol": "BTCUSDT"}
    with refused(10001):
        session.set_leverage(**spot, buyLeverage="5", sellLeverage="5")
    with refused(10001):
        session.switch_position_mode(**spot, mode=3)
    with refused(10001):
        session.set_trading_stop(**spot, stopLoss="50000", positionIdx=0)
