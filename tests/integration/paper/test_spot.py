from decimal import Decimal

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import PaperBybit
from tests.paper_exchange import Row, limit, market, refused, rows


def execution(session: HTTP) -> Row:
    found: Row = rows(session.get_executions(category="spot", limit=1))[0]
    return found


@pytest.mark.parametrize(
    ("maker_rate", "maker", "side", "coin"),
    [
        ("0.001", True, "Buy", "BTC"),
        ("0.001", True, "Sell", "USDT"),
        ("0.001", False, "Buy", "BTC"),
        ("0.001", False, "Sell", "USDT"),
        ("-0.001", True, "Buy", "USDT"),
        ("-0.001", True, "Sell", "BTC"),
        ("-0.001", False, "Buy", "BTC"),
        ("-0.001", False, "Sell", "USDT"),
    ],
)
def test_the_coin_of_the_fee(
    exchange: PaperBybit, session: HTTP, *, maker_rate: str, maker: bool, side: str, coin: str
) -> None:
    exchange.control.set_fees(1001, "spot", Decimal(maker_rate), Decimal("0.002"))
    before = exchange.control.state(1001)["balances"]
    price = "59000" if side == "Buy" else "61000"
    if maker:
        limit(session, side, "0.1", price, category="spot")
        exchange.control.move_price("BTCUSDT", Decimal(price))
    else:
        market(session, side, "0.1", category="spot", marketUnit="baseCoin")
    row = execution(session)
    assert (row["feeCurrency"], row["isMaker"], row["closedSize"]) == (coin, maker, "")
    rate = Decimal(maker_rate) if maker else Decimal("0.002")
    fee = rate * (Decimal("0.1") if coin == "BTC" else Decimal(row["execValue"]))
    assert Decimal(row["execFee"]) == fee
    sign = 1 if side == "Buy" else -1
    after = exchange.control.state(1001)["balances"]
    assert after["BTC"] - before["BTC"] == sign * Decimal("0.1") - (fee if coin == "BTC" else 0)
    assert after["USDT"] - before["USDT"] == -sign * Decimal(row["execValue"]) - (fee if coin == "USDT" else 0)


def test_a_market_purchase_spends_an_amount_of_the_quote_coin(exchange: PaperBybit, session: HTTP) -> None:
    exchange.control.move_price("BTCUSDT", Decimal("30966.4"), category="spot")
    order_id = market(session, "Buy", "50", category="spot")
    (order,) = rows(session.get_order_history(category="spot", orderId=order_id))
    assert (order["orderStatus"], order["cumExecQty"]) == ("PartiallyFilledCanceled", "0.001614")
    assert order["cumFeeDetail"] == {"BTC": "0.000001614"}
    assert Decimal(order["leavesValue"]) == 50 - Decimal(order["cumExecValue"])


def test_spot_refuses_what_the_wallet_cannot_pay(session: HTTP) -> None:
    with refused(170131):
        market(session, "Buy", "1000001", category="spot")
    with refused(170131):
        market(session, "Sell", "10.1", category="spot")
    with refused(170137):
        market(session, "Sell", "0.0000001", category="spot")
    with refused(170140):
        market(session, "Buy", "4", category="spot")


def test_spot_conditional_orders_need_no_direction(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Sell", "0.1", category="spot", triggerPrice="59000", orderFilter="tpslOrder")
    exchange.control.move_price("BTCUSDT", Decimal(58000), category="spot")
    assert execution(session)["execPrice"] == "58000"


def test_the_wallet_shows_balances_of_the_unified_account(exchange: PaperBybit, session: HTTP) -> None:
    market(session, "Buy", "60000", category="spot")
    (account,) = rows(session.get_wallet_balance(accountType="UNIFIED", coin="BTC"))
    assert [(coin["coin"], coin["walletBalance"]) for coin in account["coin"]] == [("BTC", "10.999")]
    with refused(10001):
        session.get_wallet_balance(accountType="SPOT")
    exchange.control.deposit(1001, "BTC", Decimal("-0.999"))
    assert exchange.control.state(1001)["balances"]["BTC"] == 10
