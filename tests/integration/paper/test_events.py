from decimal import Decimal

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit
from tests.paper_exchange import HOUR, START, WEEK, Row, market, refused, rows


def last(session: HTTP, category: str = "linear") -> Row:
    # Equal times come in any order; the cross sequence tells which came last.
    found: Row = max(rows(session.get_executions(category=category)), key=lambda row: int(row["seq"]))
    return found


def size(session: HTTP, symbol: str = "BTCUSDT", category: str = "linear") -> str:
    found: str = rows(session.get_positions(category=category, symbol=symbol))[0]["size"]
    return found


@pytest.mark.parametrize(("side", "rate", "paid"), [("Buy", "0.0001", "0.6"), ("Sell", "0.0001", "-0.6")])
def test_funding_reports_the_whole_position_and_moves_only_cash(
    exchange: PaperBybit, session: HTTP, side: str, rate: str, paid: str
) -> None:
    market(session, side, "0.1")
    before = exchange.control.state(1001)["balances"]["USDT"]
    exchange.control.advance(HOUR)
    assert exchange.control.charge_funding("BTCUSDT", Decimal(rate)) == 1
    row = last(session)
    assert (row["execType"], row["execQty"], row["closedSize"], row["orderType"]) == ("Funding", "0.1", "0", "UNKNOWN")
    assert row["execFee"] == paid
    assert size(session) == "0.1"
    assert exchange.control.state(1001)["balances"]["USDT"] == before - Decimal(paid)


def test_funding_in_the_transaction_log_has_the_opposite_sign(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    exchange.control.advance(HOUR)
    exchange.control.charge_funding("BTCUSDT", Decimal("0.0001"))
    row = rows(session.get_transaction_log(type="SETTLEMENT"))[0]
    assert (row["funding"], row["change"]) == ("-0.6", "-0.6")


def test_every_change_of_the_log_is_cash_flow_plus_funding_minus_fee(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    exchange.control.move_price("BTCUSDT", Decimal(61000))
    exchange.control.charge_funding("BTCUSDT", Decimal("0.0001"))
    market(session, "Sell", "0.1")
    market(session, "Buy", "1000", category="spot")
    found = rows(session.get_transaction_log(limit=50))
    assert len(found) == 5
    for row in found:
        funding = Decimal(row["funding"] or 0)
        assert Decimal(row["change"]) == Decimal(row["cashFlow"]) + funding - Decimal(row["fee"])
    usdt = sum((Decimal(row["change"]) for row in found if row["currency"] == "USDT"), Decimal(1_000_000))
    assert usdt == exchange.control.state(1001)["balances"]["USDT"]


def test_the_transaction_log_reads_a_day_unless_told_otherwise(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    exchange.control.advance(25 * HOUR)
    assert rows(session.get_transaction_log()) == []
    assert len(rows(session.get_transaction_log(startTime=START))) == 1
    assert rows(session.get_transaction_log(startTime=START - 25 * HOUR)) == []
    assert len(rows(session.get_transaction_log(startTime=START, endTime=START + WEEK))) == 1
    with refused(10001):
        session.get_transaction_log(startTime=START, endTime=START + WEEK + 1)


def test_liquidation_is_a_bust_trade_without_link_id(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1", orderLinkId="entry", stopLoss="50000")
    order_id = exchange.control.liquidate(1001, "BTCUSDT", price=Decimal(54300))
    row = last(session)
    assert (row["execType"], row["createType"], row["orderLinkId"]) == ("BustTrade", "CreateByLiq", "")
    assert (row["orderId"], row["execPrice"], row["closedSize"]) == (order_id, "54300", "0.1")
    assert Decimal(row["execFee"]) > 0
    assert size(session) == "0"
    # The stop loss goes with its position.
    assert rows(session.get_open_orders(category="linear", symbol="BTCUSDT")) == []


def test_deleveraging_reduces_without_a_fee(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Sell", "0.5")
    exchange.control.deleverage(1001, "BTCUSDT", qty=Decimal("0.2"))
    row = last(session)
    assert (row["execType"], row["createType"]) == ("AdlTrade", "CreateByAdl_PassThrough")
    assert (row["side"], row["execFee"], row["orderLinkId"]) == ("Buy", "0", "")
    assert size(session) == "0.3"


def test_delivery_closes_and_ends_trading(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1", "BTC-31DEC27")
    assert exchange.control.deliver("BTC-31DEC27", Decimal(62000)) == 1
    row = last(session)
    assert (row["execType"], row["execPrice"], row["closedSize"]) == ("Delivery", "62000", "0.1")
    with refused(110074):
        market(session, "Buy", "0.1", "BTC-31DEC27")
    assert rows(session.get_closed_pnl(category="linear"))[0]["execType"] == "Delivery"


def test_settlement_of_inverse_futures_has_no_order_to_look_up(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Sell", "1000", "BTCUSDZ27", category="inverse")
    exchange.control.deliver("BTCUSDZ27", Decimal(55000), category="inverse")
    row = last(session, "inverse")
    assert (row["execType"], row["createType"]) == ("Settle", "CreateBySettle")
    assert rows(session.get_order_history(category="inverse", orderId=row["orderId"])) == []
    assert rows(session.get_open_orders(category="inverse", orderId=row["orderId"])) == []
    assert size(session, "BTCUSDZ27", "inverse") == "0"


def test_session_settlement_pays_and_leaves_the_average(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1", "BTCPERP")
    exchange.control.move_price("BTCPERP", Decimal(61000))
    before = exchange.control.state(1001)["balances"]["USDC"]
    assert exchange.control.settle_session("BTCPERP") == 1
    assert exchange.control.state(1001)["balances"]["USDC"] == before + 100
    (leg,) = rows(session.get_positions(category="linear", symbol="BTCPERP"))
    assert (leg["avgPrice"], leg["sessionAvgPrice"]) == ("60000", "61000")
    (row,) = rows(session.get_closed_pnl(category="linear"))
    assert (row["execType"], row["closedPnl"]) == ("SessionSettlePnL", "100")
    assert last(session)["execType"] == "Trade"
    # What was paid out is not paid again at the close.
    market(session, "Sell", "0.1", "BTCPERP")
    assert exchange.control.state(1001)["balances"]["USDC"] == before + 100 - Decimal("3.355")


def test_unknown_types_are_reported_and_change_nothing(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    exchange.control.report_execution(
        1001, "BTCUSDT", "CorporateAction", side="Buy", qty=Decimal(1), price=Decimal(60000)
    )
    assert last(session)["execType"] == "CorporateAction"
    assert len(rows(session.get_executions(category="linear", execType="CorporateAction"))) == 1
    assert size(session) == "0.1"


def test_trades_by_hand_have_no_link_id(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.trade_by_hand(1001, "BTCUSDT", "Buy", Decimal("0.1"), price=Decimal(59999))
    exchange.control.trade_by_hand(1001, "BTCUSDT", "Sell", Decimal("0.04"), exec_type="BlockTrade")
    found = {row["execType"]: row for row in rows(session.get_executions(category="linear"))}
    assert (found["Trade"]["execPrice"], found["Trade"]["orderLinkId"]) == ("59999", "")
    assert found["BlockTrade"]["closedSize"] == "0.04"
    assert size(session) == "0.06"
