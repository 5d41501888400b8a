from decimal import Decimal

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit
from tests.paper_exchange import HOUR, Row, limit, market, refused, rows

QUERY = {"category": "linear", "symbol": "BTCUSDT"}


def executions(session: HTTP, **query: str) -> list[Row]:
    found = rows(session.get_executions(category="linear", **query))
    return sorted(found, key=lambda row: (int(row["seq"]), -Decimal(row["leavesQty"])))


def test_a_resting_limit_order_fills_at_its_price_and_earns_the_rebate(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.set_fees(1001, "linear", Decimal("-0.0001"), Decimal("0.0005"))
    limit(session, "Buy", "0.1", "59000")
    exchange.control.move_price("BTCUSDT", Decimal(58500))
    (row,) = executions(session)
    assert (row["execPrice"], row["isMaker"], row["feeRate"], row["execFee"]) == ("59000", True, "-0.0001", "-0.59")
    market(session, "Sell", "0.1")
    assert executions(session)[-1]["execFee"] == "2.925"


def test_depth_fills_in_parts_that_share_a_seq_and_the_rest_is_cancelled(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.set_depth("BTCUSDT", Decimal("0.02"), levels=2)
    order_id = market(session, "Buy", "0.05")
    found = executions(session)
    assert [(row["execPrice"], row["leavesQty"]) for row in found] == [("60000", "0.03"), ("60000.1", "0.01")]
    assert len({row["seq"] for row in found}) == 1
    (order,) = rows(session.get_order_history(category="linear", orderId=order_id))
    assert (order["orderStatus"], order["cumExecQty"]) == ("Cancelled", "0.04")


def test_a_limit_order_fills_a_part_now_and_more_at_later_moves(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.set_depth("BTCUSDT", Decimal("0.02"))
    limit(session, "Buy", "0.05", "60000")
    (order,) = rows(session.get_open_orders(**QUERY))
    assert (order["orderStatus"], order["leavesQty"]) == ("PartiallyFilled", "0.03")
    exchange.control.move_price("BTCUSDT", Decimal(59990))
    exchange.control.move_price("BTCUSDT", Decimal(59980))
    assert [row["isMaker"] for row in executions(session)] == [False, True, True]
    assert rows(session.get_open_orders(**QUERY)) == []


def test_time_in_force(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.set_depth("BTCUSDT", Decimal("0.02"))
    post = limit(session, "Buy", "0.01", "60000", timeInForce="PostOnly")
    fill_or_kill = limit(session, "Buy", "0.05", "60000", timeInForce="FOK")
    at_once = limit(session, "Buy", "0.05", "60000", timeInForce="IOC")
    found = {row["orderId"]: row for row in rows(session.get_order_history(category="linear"))}
    assert found[post]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"
    assert (found[fill_or_kill]["orderStatus"], found[fill_or_kill]["cumExecQty"]) == ("Cancelled", "0")
    assert (found[at_once]["orderStatus"], found[at_once]["cumExecQty"]) == ("Cancelled", "0.02")


def test_a_conditional_order_waits_untriggered(exchange: PaperBybit, session: HTTP) -> None:
    order_id = market(session, "Buy", "0.1", triggerPrice="61000", triggerDirection=1)
    (order,) = rows(session.get_open_orders(**QUERY))
    assert (order["orderStatus"], order["stopOrderType"]) == ("Untriggered", "Stop")
    exchange.control.move_price("BTCUSDT", Decimal(60999))
    assert executions(session) == []
    exchange.control.move_price("BTCUSDT", Decimal(61200))
    (row,) = executions(session)
    assert (row["orderId"], row["execPrice"], row["stopOrderType"]) == (order_id, "61200", "Stop")


def test_a_cancelled_conditional_order_is_deactivated(session: HTTP) -> None:
    order_id = market(session, "Buy", "0.1", triggerPrice="61000", triggerDirection=1)
    session.cancel_order(**QUERY, orderId=order_id)
    assert rows(session.get_order_history(category="linear"))[0]["orderStatus"] == "Deactivated"


@pytest.mark.parametrize(("price", "kind"), [(Decimal(62000), "TakeProfit"), (Decimal(58000), "StopLoss")])
def test_exits_close_the_whole_position_and_cancel_each_other(
    exchange: PaperBybit, session: HTTP, price: Decimal, kind: str
) -> None:
    market(session, "Buy", "0.1", orderLinkId="bot-1", takeProfit="62000", stopLoss="58000")
    market(session, "Buy", "0.1")
    exchange.control.advance(HOUR)
    exchange.control.move_price("BTCUSDT", price)
    row = executions(session)[-1]
    assert (row["orderLinkId"], row["createType"], row["stopOrderType"]) == ("", f"CreateBy{kind}", kind)
    assert (row["closedSize"], row["leavesQty"]) == ("0.2", "0")
    assert rows(session.get_open_orders(**QUERY)) == []
    exits = [row for row in rows(session.get_order_history(category="linear")) if row["parentOrderLinkId"] == "bot-1"]
    assert sorted(order["orderStatus"] for order in exits) == ["Deactivated", "Filled"]


def test_partial_exits_close_their_part(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    market(session, "Buy", "0.05", orderLinkId="p", takeProfit="62000", stopLoss="58000", tpslMode="Partial")
    exchange.control.move_price("BTCUSDT", Decimal(62000))
    row = executions(session)[-1]
    assert (row["stopOrderType"], row["closedSize"]) == ("PartialTakeProfit", "0.05")
    assert rows(session.get_positions(**QUERY))[0]["size"] == "0.1"
    assert rows(session.get_open_orders(**QUERY)) == []


def test_trading_stop_sets_moves_and_removes_exits(exchange: PaperBybit, session: HTTP) -> None:
    with refused(10001):
        session.set_trading_stop(**QUERY, stopLoss="58000", positionIdx=0)
    market(session, "Buy", "0.1")
    session.set_trading_stop(**QUERY, stopLoss="58000", positionIdx=0)
    with refused(34040):
        session.set_trading_stop(**QUERY, stopLoss="58000", positionIdx=0)
    with refused(10001):
        session.set_trading_stop(**QUERY, stopLoss="61000", positionIdx=0)
    session.set_trading_stop(**QUERY, stopLoss="59000", positionIdx=0)
    assert [row["triggerPrice"] for row in rows(session.get_open_orders(**QUERY))] == ["59000"]
    session.set_trading_stop(**QUERY, stopLoss="0", positionIdx=0)
    assert rows(session.get_open_orders(**QUERY)) == []


def test_a_trailing_stop_follows_the_price(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    session.set_trading_stop(**QUERY, trailingStop="500", positionIdx=0)
    for price in (60800, 61000, 60600):
        exchange.control.move_price("BTCUSDT", Decimal(price))
    assert len(executions(session)) == 1
    exchange.control.move_price("BTCUSDT", Decimal(60500))
    assert executions(session)[-1]["createType"] == "CreateByTrailingStop"


def test_reduce_only_closes_at_most_the_position(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "0.1")
    with refused(110017):
        market(session, "Buy", "0.1", reduceOnly=True)
    limit(session, "Sell", "0.1", "61000", reduceOnly=True)
    market(session, "Sell", "0.06")
    exchange.control.move_price("BTCUSDT", Decimal(61000))
    assert rows(session.get_positions(**QUERY))[0]["size"] == "0"
    (closed,) = [row for row in rows(session.get_order_history(category="linear")) if row["orderType"] == "Limit"]
    assert (closed["orderStatus"], closed["cumExecQty"]) == ("Cancelled", "0.04")


def test_hedge_legs_live_side_by_side(session: HTTP) -> None:
    session.switch_position_mode(**QUERY, mode=3)
    market(session, "Buy", "0.3", positionIdx=1)
    market(session, "Sell", "0.2", positionIdx=2)
    market(session, "Sell", "0.1", positionIdx=1)
    found = {row["positionIdx"]: row["size"] for row in rows(session.get_positions(**QUERY))}
    assert found == {1: "0.2", 2: "0.2"}


def test_a_random_walk_repeats_for_its_seed_and_triggers_orders(exchange: PaperBybit, session: HTTP) -> None:
    limit(session, "Buy", "0.1", "59000")
    exchange.control.walk("BTCUSDT", 60_000, Decimal(1), category="linear")
    exchange.control.advance(48 * HOUR)
    (row,) = executions(session)
    assert row["execPrice"] == "59000"
    # It was filled at a step of the walk, not at the end of the time that passed.
    assert int(row["execTime"]) < exchange.control.now()
    assert int(row["execTime"]) % 60_000 == (exchange.control.now() - 48 * HOUR) % 60_000
