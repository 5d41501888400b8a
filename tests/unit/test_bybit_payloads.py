"""Every recorded answer becomes values or is quarantined, by its kind; nothing raises."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.bybit.account import read_permissions, read_wallet
from reconcile.bybit.payloads import (
    read_closed_pnl,
    read_execution,
    read_instrument,
    read_order,
    read_position,
)
from reconcile.bybit.stream import events_of
from reconcile.errors import ExchangeUnavailableError
from reconcile.values import ClosedPnl, Execution, Instrument, Order, Unreadable, VenuePosition
from tests.bybit_payloads import CCXT, FILES, GO, NET, content, executed, result, rows, trade

READERS: dict[type, Any] = {
    Execution: read_execution,
    Order: read_order,
    VenuePosition: read_position,
    ClosedPnl: read_closed_pnl,
    Instrument: read_instrument,
}
# File: what its rows are, and how many of them are read.
READ: dict[str, tuple[type, str, int]] = {
    CCXT + "fetchClosedOrders_linear_roundtrip.json": (Order, "linear", 2),
    CCXT + "fetchMyTrades_linear_funding.json": (Execution, "linear", 1),
    CCXT + "fetchMyTrades_linear_trade_empty_feeCurrency.json": (Execution, "linear", 1),
    CCXT + "fetchMyTrades_spot_buy_feeCurrency_base.json": (Execution, "spot", 1),
    CCXT + "fetchMyTrades_spot_buy_no_feeCurrency.json": (Execution, "spot", 1),
    CCXT + "fetchOrder_spot_market_buy_quoteCoin_PartiallyFilledCanceled.json": (Order, "spot", 1),
    CCXT + "fetchOrder_spot_market_sell_filled.json": (Order, "spot", 1),
    CCXT + "fetchPosition_linear_flat.json": (VenuePosition, "linear", 1),
    CCXT + "fetchPositions_linear_long.json": (VenuePosition, "linear", 1),
    GO + "private-v5-execution.json": (Execution, "linear", 1),
    GO + "v5-execution-get-execution-list.json": (Execution, "linear", 1),
    GO + "v5-get-history-orders.json": (Order, "linear", 1),
    GO + "v5-get-open-orders.json": (Order, "linear", 1),
    GO + "v5-position-get-closed-pnl.json": (ClosedPnl, "linear", 1),
    GO + "v5-position-get-position-info.json": (VenuePosition, "linear", 1),
    GO + "private-v5-position.json": (VenuePosition, "linear", 1),
    # The older interface, with other names for everything.
    GO + "private-linear-trade-execution-list.json": (Execution, "linear", 0),
    GO + "private-linear-position-lists.json": (VenuePosition, "linear", 0),
    # Nanoseconds where milliseconds belong.
    NET + "GetClosedProfitLoss.txt": (ClosedPnl, "linear", 0),
    NET + "GetOrderHistory.txt": (Order, "linear", 1),
    NET + "GetOrders.txt": (Order, "linear", 1),
    NET + "GetPositions.txt": (VenuePosition, "inverse", 1),
    NET + "GetUserTrades.txt": (Execution, "linear", 1),
}


@pytest.mark.parametrize("name", sorted(READ))
def test_rows_become_what_they_are(name: str) -> None:
    kind, category, count = READ[name]
    values = [READERS[kind](row, category, "here") for row in rows(name)]
    assert sum(isinstance(value, kind) for value in values) == count
    assert all(isinstance(value, kind | Unreadable) for value in values)
    assert all(value.raw == row for value, row in zip(values, rows(name), strict=True))
    assert all(value.reason for value in values if isinstance(value, Unreadable))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", READERS)
def test_no_recorded_object_raises_in_any_reader(name: str, kind: type) -> None:
    for row in [*rows(name), content(name)]:
        assert isinstance(READERS[kind](row, "linear", "here"), kind | Unreadable)


def test_wallet() -> None:
    wallet = read_wallet(result(GO + "v5-account-get-wallet-balance.json"), "here")
    assert wallet.equity == Decimal("79207.48963775")
    assert {b.coin: b.owned for b in wallet.balances} == {
        "BTC": Decimal("1.16350244"),
        "USDT": Decimal("1439.61537267"),
    }


def test_debt_that_the_balance_shows_is_not_subtracted_again() -> None:
    wallet = read_wallet({"list": result(GO + "private-v5-wallet.json")["data"]}, "here")
    assert {b.coin: b.owned for b in wallet.balances} == {"USDC": 0, "USDT": Decimal("-620.53813709")}


def test_borrowed_coins_are_not_owned() -> None:
    coin = {"coin": "ETH", "walletBalance": "3", "borrowAmount": "2.5", "spotBorrow": "2"}
    wallet = read_wallet({"list": [{"accountType": "UNIFIED", "totalEquity": "", "coin": [coin]}]}, "here")
    assert wallet.equity is None
    assert wallet.balances[0].owned == 1


@pytest.mark.parametrize("answer", [{}, {"list": []}, {"list": None}, {"list": [{"accountType": "UNIFIED"}]}])
def test_a_wallet_that_cannot_be_read_is_not_empty(answer: dict[str, Any]) -> None:
    with pytest.raises(ExchangeUnavailableError):
        read_wallet(answer, "here")


@pytest.mark.parametrize(
    ("read_only", "wallet", "expected"),
    [(1, ["Withdraw"], (True, False)), (0, ["Withdraw"], (False, True)), (0, ["AccountTransfer"], (False, False))],
)
def test_permissions(read_only: int, wallet: list[str], expected: tuple[bool, bool]) -> None:
    answer = {"userID": 24617703, "readOnly": read_only, "permissions": {"Wallet": wallet, "ContractTrade": []}}
    permissions = read_permissions(answer, "here")
    assert permissions.uid == "24617703"
    assert (permissions.read_only, permissions.may_withdraw) == expected


def test_an_execution_is_exact_and_empty_texts_are_none() -> None:
    value = executed(trade())
    assert (value.exec_price, value.exec_qty, value.fee) == (Decimal("85.11"), Decimal("0.1"), Decimal("0.00468105"))
    assert value.exec_time == datetime(2024, 3, 18, 11, 55, 18, 390000, UTC)
    assert value.seq == 15961900053
    assert (value.fee_currency, value.client_order_id, value.stop_order_type) == (None, None, None)
    assert value.closed_qty == 0
    assert value.leaves_qty == 0
    assert value.is_maker is False


@pytest.mark.parametrize(
    "changed",
    [
        {"execFee": ""},
        {"execFee": ...},
        {"execQty": "0"},
        {"execQty": "-1"},
        {"execQty": "NaN"},
        {"execQty": "1_0"},
        {"execQty": "1e400"},
        {"execQty": True},
        {"execPrice": "0"},
        {"execPrice": None},
        {"execPrice": ["1"]},
        {"execTime": "1710762918390000000"},
        {"execTime": "1710762918"},
        {"execTime": ""},
        {"execTime": "".join(chr(0xFF10 + int(digit)) for digit in "1710762918390")},
        {"execId": ""},
        {"side": ""},
        {"side": "buy"},
        {"symbol": ...},
        {"execType": ...},
        {"seq": "x"},
        {"isMaker": "perhaps"},
    ],
)
def test_a_malformed_execution_is_kept_with_its_reason(changed: dict[str, Any]) -> None:
    row = trade(**changed)
    value = read_execution(row, "linear", "/v5/execution/list")
    assert isinstance(value, Unreadable)
    assert value.reason
    assert value.raw == row


@pytest.mark.parametrize("row", [None, [], "x", 1, {}])
def test_what_is_not_a_row_is_kept(row: Any) -> None:
    for reader in READERS.values():
        assert isinstance(reader(row, "linear", "here"), Unreadable)


def test_an_option_may_trade_at_zero() -> None:
    assert executed(trade(execPrice="0"), "option").exec_price == 0


def test_a_spread_trade_pays_its_own_fee() -> None:
    assert executed(trade(execType="FutureSpread", execFee="", execFeeV2="0.5")).fee == Decimal("0.5")


def test_an_order_in_quote_coins_has_no_quantity() -> None:
    row = rows(CCXT + "fetchOrder_spot_market_buy_quoteCoin_PartiallyFilledCanceled.json")[0]
    order = read_order(row, "spot", "here")
    assert isinstance(order, Order)
    assert (order.qty, order.cum_exec_qty, order.avg_price) == (None, Decimal("0.001614"), Decimal("30966.41"))


@pytest.mark.parametrize("data", [None, {}, [None], [{}], [{"category": 7}], ["x"]])
def test_a_malformed_message_is_quarantined(data: Any) -> None:
    for topic in ("execution", "order"):
        events = list(events_of({"topic": topic, "data": data}))
        assert [type(event) for event in events] == [Unreadable]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
def test_no_damage_to_a_row_raises(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(READ)))
    kind, category, _ = READ[name]
    row = copy.deepcopy(rows(name)[0])
    for key in data.draw(st.lists(st.sampled_from(sorted(row)), max_size=4)):
        row[key] = data.draw(json_values)
    value = READERS[kind](row, category, "here")
    assert isinstance(value, kind | Unreadable)
    if isinstance(value, Execution):
        assert value.exec_qty >= 0
        assert value.fee.is_finite()
