from collections.abc import Callable
from decimal import Decimal

import pytest
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from reconcile.paper import Credentials, PaperBybit
from tests.paper_exchange import Listener, Row, limit, market, payload, rows

# Names in recorded answers that the exchange has renamed since, or that the recording library added.
RENAMED = {"mmrSysUpdateTime", "CreatedTime", "nextPageCursor"}
# The recording library turned every number into text.
QUOTED = "ccxt_bybit_response"

LINE = {"category": "linear", "symbol": "ETHUSDT"}
ORDER = {**LINE, "side": "Buy", "orderType": "Market", "qty": "0.1"}
LEVERAGE = {**LINE, "buyLeverage": "3", "sellLeverage": "3"}


@pytest.fixture
def traded(exchange: PaperBybit, session: HTTP) -> HTTP:
    """Something in every list."""
    market(session, "Buy", "0.2")
    exchange.control.move_price("BTCUSDT", Decimal(61000))
    exchange.control.charge_funding("BTCUSDT", Decimal("0.0001"))
    market(session, "Sell", "0.1")
    limit(session, "Buy", "0.1", "50000")
    market(session, "Buy", "100", category="spot")
    limit(session, "Buy", "0.1", "50000", category="spot")
    market(session, "Buy", "1000", "BTCUSD", category="inverse")
    return session


READS: dict[str, Callable[[HTTP], Row]] = {
    "executions": lambda session: session.get_executions(category="linear", execType="Trade"),
    "funding": lambda session: session.get_executions(category="linear", execType="Funding"),
    "spot executions": lambda session: session.get_executions(category="spot"),
    "positions": lambda session: session.get_positions(category="linear", symbol="BTCUSDT"),
    "inverse positions": lambda session: session.get_positions(category="inverse", symbol="BTCUSD"),
    "flat positions": lambda session: session.get_positions(category="linear", symbol="ETHUSDT"),
    "closed": lambda session: session.get_closed_pnl(category="linear"),
    "open orders": lambda session: session.get_open_orders(category="linear", symbol="BTCUSDT"),
    "open spot orders": lambda session: session.get_open_orders(category="spot"),
    "orders": lambda session: session.get_order_history(category="linear"),
    "spot orders": lambda session: session.get_order_history(category="spot"),
    "log": lambda session: session.get_transaction_log(),
    "wallet": lambda session: session.get_wallet_balance(accountType="UNIFIED"),
}

RECORDED = [
    ("executions", "hirokisan_bybit/v5-execution-get-execution-list.json"),
    ("executions", "jkorf_bybit_net/GetUserTrades.txt"),
    ("executions", "ccxt_bybit_response/fetchMyTrades_linear_trade_empty_feeCurrency.json"),
    ("funding", "ccxt_bybit_response/fetchMyTrades_linear_funding.json"),
    ("spot executions", "ccxt_bybit_response/fetchMyTrades_spot_buy_feeCurrency_base.json"),
    ("positions", "ccxt_bybit_response/fetchPositions_linear_long.json"),
    ("inverse positions", "jkorf_bybit_net/GetPositions.txt"),
    ("flat positions", "hirokisan_bybit/v5-position-get-position-info.json"),
    ("flat positions", "ccxt_bybit_response/fetchPosition_linear_flat.json"),
    ("closed", "hirokisan_bybit/v5-position-get-closed-pnl.json"),
    ("closed", "jkorf_bybit_net/GetClosedProfitLoss.txt"),
    ("open orders", "jkorf_bybit_net/GetOrders.txt"),
    ("open spot orders", "hirokisan_bybit/v5-get-open-orders.json"),
    ("orders", "jkorf_bybit_net/GetOrderHistory.txt"),
    ("orders", "ccxt_bybit_response/fetchClosedOrders_linear_roundtrip.json"),
    ("spot orders", "ccxt_bybit_response/fetchOrder_spot_market_buy_quoteCoin_PartiallyFilledCanceled.json"),
    ("log", "jkorf_bybit_net/GetTransactionHistory.txt"),
    ("log", "hirokisan_bybit/v5-account-get-transaction-log.json"),
    ("wallet", "hirokisan_bybit/v5-account-get-wallet-balance.json"),
]


def compare(real: Row, ours: Row, *, types: bool) -> None:
    """Every field of the real row is in ours; a list or object is compared within."""
    assert set(real) - RENAMED - set(ours) == set()
    for name in set(real) - RENAMED:
        if isinstance(real[name], list) and real[name] and isinstance(real[name][0], dict):
            compare(real[name][0], ours[name][0], types=types)
        elif types:
            assert type(ours[name]) is type(real[name]), name


@pytest.mark.parametrize(("read", "path"), RECORDED)
def test_rows_have_the_fields_and_types_of_real_answers(traded: HTTP, read: str, path: str) -> None:
    answer = READS[read](traded)
    recorded = payload(path)
    result = recorded.get("result", recorded)
    compare(result["list"][0], rows(answer)[0], types=QUOTED not in path)
    assert set(result) <= set(answer["result"]) | RENAMED
    if "result" in recorded:
        assert set(recorded) == set(answer)
        assert type(answer["time"]) is int


@pytest.mark.parametrize(
    ("topic", "path"),
    [
        ("execution", "hirokisan_bybit/private-v5-execution.json"),
        ("position", "hirokisan_bybit/private-v5-position.json"),
        ("wallet", "hirokisan_bybit/private-v5-wallet.json"),
    ],
)
def test_messages_have_the_fields_and_types_of_real_ones(
    exchange: PaperBybit, user: Credentials, session: HTTP, topic: str, path: str
) -> None:
    with Listener(exchange, user, topic) as listener:
        market(session, "Buy", "0.1")
        listener.wait(topic, 1)
    recorded = payload(path)
    message = listener.messages[0]
    assert set(recorded) == set(message)
    compare(recorded["data"][0], message["data"][0], types=True)


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("v5-create-order.json", lambda session: session.place_order(**ORDER)),
        ("v5-position-set-leverage.json", lambda session: session.set_leverage(**LEVERAGE)),
        ("v5-position-switch-position-mode.json", lambda session: session.switch_position_mode(**LINE, mode=3)),
        ("v5-account-get-account-info.json", lambda session: session.get_account_info()),
    ],
)
def test_results_of_actions_have_the_fields_of_real_ones(session: HTTP, path: str, make: Callable[[HTTP], Row]) -> None:
    recorded = payload(f"hirokisan_bybit/{path}")
    result = make(session)["result"]
    assert set(recorded) <= set(result)
    assert all(type(result[name]) is type(recorded[name]) for name in recorded)
