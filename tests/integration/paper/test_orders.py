from decimal import Decimal
from typing import Any

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit
from tests.paper_exchange import DAY, HOUR, SECOND, START, WEEK, Row, limit, market, refused, rows, walk


def statuses(answer: Row) -> dict[str, str]:
    return {row["orderId"]: row["orderStatus"] for row in rows(answer)}


def test_link_ids_are_unique_and_have_36_characters_at_most(session: HTTP) -> None:
    market(session, "Buy", "0.001", orderLinkId="x" * 36)
    with refused(110072):
        market(session, "Buy", "0.001", orderLinkId="x" * 36)
    for wrong in ("x" * 37, "with space", "ü"):
        with refused(10001):
            market(session, "Buy", "0.001", orderLinkId=wrong)
    # BTCUSDT is another market on spot, with ids of its own.
    market(session, "Buy", "100", category="spot", orderLinkId="x" * 36)


def test_a_link_id_is_taken_even_while_its_order_is_invisible(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.set_lags(orders=15 * SECOND)
    limit(session, "Buy", "0.001", "50000", orderLinkId="late")
    assert rows(session.get_open_orders(category="linear", symbol="BTCUSDT", orderLinkId="late")) == []
    with refused(110072):
        limit(session, "Buy", "0.001", "50000", orderLinkId="late")
    exchange.control.advance(15 * SECOND)
    assert len(rows(session.get_open_orders(category="linear", symbol="BTCUSDT", orderLinkId="late"))) == 1


def test_realtime_shows_open_orders_and_on_request_closed_ones(session: HTTP) -> None:
    resting = limit(session, "Buy", "0.001", "50000")
    filled = market(session, "Buy", "0.001")
    query = {"category": "linear", "symbol": "BTCUSDT"}
    assert statuses(session.get_open_orders(**query)) == {resting: "New"}
    assert statuses(session.get_open_orders(**query, openOnly=1)) == {filled: "Filled"}
    assert statuses(session.get_open_orders(**query, orderId=filled)) == {filled: "Filled"}


def test_realtime_of_linear_needs_symbol_base_or_settle_coin(session: HTTP) -> None:
    with refused(10001):
        session.get_open_orders(category="linear")
    for query in ({"symbol": "BTCUSDT"}, {"baseCoin": "BTC"}, {"settleCoin": "USDT"}):
        assert rows(session.get_open_orders(category="linear", **query)) == []
    assert rows(session.get_open_orders(category="inverse")) == []


def test_realtime_keeps_500_closed_orders_until_its_service_restarts(exchange: PaperBybit, session: HTTP) -> None:
    for _ in range(510):
        exchange.control.trade_by_hand(1001, "BTCUSDT", "Buy", Decimal("0.001"))
    query = {"category": "linear", "symbol": "BTCUSDT", "openOnly": 1, "limit": 50}
    assert sum(len(page) for page in walk(session.get_open_orders, **query)) == 500
    exchange.control.forget_closed_orders()
    assert rows(session.get_open_orders(**query)) == []
    assert len(rows(session.get_order_history(category="linear", limit=50))) == 50


@pytest.mark.parametrize(("asked", "given"), [(None, 20), (50, 50), (51, 50)])
def test_pages_of_orders(exchange: PaperBybit, session: HTTP, asked: int | None, given: int) -> None:
    for _ in range(55):
        exchange.control.trade_by_hand(1001, "BTCUSDT", "Buy", Decimal("0.001"))
    query = {"category": "linear"} | ({} if asked is None else {"limit": asked})
    assert len(rows(session.get_order_history(**query))) == given


def test_unfilled_cancelled_orders_go_after_a_day_filled_ones_after_two_years(
    exchange: PaperBybit, session: HTTP
) -> None:
    empty = limit(session, "Buy", "0.001", "50000")
    session.cancel_order(category="linear", symbol="BTCUSDT", orderId=empty)
    exchange.control.set_depth("BTCUSDT", Decimal("0.001"))
    partly = limit(session, "Buy", "0.003", "60000")
    session.cancel_order(category="linear", symbol="BTCUSDT", orderId=partly)
    window = {"category": "linear", "startTime": START, "endTime": START + HOUR}
    assert statuses(session.get_order_history(**window)) == {empty: "Cancelled", partly: "Cancelled"}
    exchange.control.advance(DAY + 1)
    assert statuses(session.get_order_history(**window)) == {partly: "Cancelled"}
    exchange.control.advance(WEEK)
    row = rows(session.get_order_history(**window))[0]
    assert (row["orderStatus"], row["cumExecQty"]) == ("Cancelled", "0.001")
    exchange.control.advance(730 * DAY)
    assert rows(session.get_order_history(**window)) == []


def test_history_has_closed_orders_only_spans_seven_days_and_lags(exchange: PaperBybit, session: HTTP) -> None:
    limit(session, "Buy", "0.001", "50000")
    exchange.control.set_lags(history=5 * SECOND)
    done = market(session, "Buy", "0.001")
    assert rows(session.get_order_history(category="linear")) == []
    exchange.control.advance(5 * SECOND)
    assert statuses(session.get_order_history(category="linear")) == {done: "Filled"}
    with refused(10001):
        session.get_order_history(category="linear", startTime=START, endTime=START + WEEK + 1)


def test_what_is_not_an_order_is_refused(session: HTTP) -> None:
    wrongs: tuple[dict[str, Any], ...] = (
        {"side": "Long"},
        {"orderType": "Iceberg"},
        {"qty": "0.0001"},
        {"qty": "0"},
        {"qty": "much"},
        {"symbol": "NONEUSDT"},
        {"orderType": "Limit"},
        {"orderType": "Limit", "price": "60000.05"},
        {"positionIdx": 1},
        {"triggerPrice": "61000"},
        {"stopLoss": "61000"},
        {"takeProfit": "59000"},
    )
    for wrong in wrongs:
        with refused(10001):
            market(session, **{"side": "Buy", "qty": "0.001", **wrong})
    with refused(110094):
        limit(session, "Buy", "0.001", "100")
    with refused(110017):
        market(session, "Sell", "0.001", reduceOnly=True)
    with refused(110007):
        market(session, "Buy", "100000")
    with refused(110093):
        market(session, "Buy", "0.001", triggerPrice="61000", triggerDirection=2)
    assert rows(session.get_executions(category="linear")) == []


def test_amend_and_cancel(session: HTTP) -> None:
    resting = limit(session, "Buy", "0.001", "50000", orderLinkId="mine")
    query = {"category": "linear", "symbol": "BTCUSDT"}
    session.amend_order(**query, orderLinkId="mine", qty="0.002", price="51000")
    row = rows(session.get_open_orders(**query))[0]
    assert (row["orderId"], row["qty"], row["price"]) == (resting, "0.002", "51000")
    with refused(10001):
        session.amend_order(**query, orderId=resting, qty="0.002")
    session.cancel_order(**query, orderId=resting)
    with refused(110001):
        session.cancel_order(**query, orderId=resting)
    with refused(170213):
        session.cancel_order(category="spot", symbol="BTCUSDT", orderId=resting)


def test_cancel_all(session: HTTP) -> None:
    placed = {limit(session, "Buy", "0.001", "50000") for _ in range(3)}
    answer = session.cancel_all_orders(category="linear", settleCoin="USDT")
    assert {row["orderId"] for row in rows(answer)} == placed
    assert rows(session.get_open_orders(category="linear", settleCoin="USDT")) == []
