"""The cases of tests/data/reconcile_cases.json that are decided where payloads are read, and fee coins."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from reconcile.bybit.crawler import sorted_out
from reconcile.bybit.fees import fee_currency
from reconcile.bybit.payloads import read_order, read_position
from reconcile.bybit.stream import events_of
from reconcile.bybit.walks import EXECUTION_WALK
from reconcile.values import Execution, Instrument, Order, Unreadable, VenuePosition
from tests.bybit_payloads import CCXT, executed, rows, trade

CASES = {
    case["id"]: case for case in json.loads((Path(__file__).parents[1] / "data" / "reconcile_cases.json").read_text())
}


def test_b03_b04_fee_coins_of_spot() -> None:
    instrument = Instrument(category="spot", symbol="BTCUSDT", base_coin="BTC", quote_coin="USDT", settle_coin="USDT")
    stated = executed(rows(CCXT + "fetchMyTrades_spot_buy_feeCurrency_base.json")[0], "spot")
    assert fee_currency(stated) == "ETH"
    silent = executed(rows(CCXT + "fetchMyTrades_spot_buy_no_feeCurrency.json")[0], "spot")
    assert fee_currency(silent) is None
    assert fee_currency(silent, None, instrument) == "BTC"
    given_ = CASES["B03"]["given"]
    raw = rows(CCXT + "fetchOrder_spot_market_buy_quoteCoin_PartiallyFilledCanceled.json")[0]
    order = read_order(raw | {"cumFeeDetail": given_["cumFeeDetail"]}, "spot", "here")
    assert isinstance(order, Order)
    assert fee_currency(silent, order) == "BTC"
    assert order.cum_exec_qty - order.fees["BTC"] == Decimal(CASES["B03"]["expect"]["pos"])


@pytest.mark.parametrize(
    ("category", "side", "fee", "coin"),
    [
        ("spot", "Buy", "0.1", "BTC"),
        ("spot", "Sell", "0.1", "USDT"),
        ("spot", "Buy", "-0.1", "USDT"),
        ("spot", "Sell", "-0.1", "BTC"),
        ("linear", "Buy", "0.1", "USDC"),
        ("inverse", "Sell", "0.1", "BTC"),
    ],
)
def test_fee_coins_by_rule(category: str, side: str, fee: str, coin: str) -> None:
    instrument = Instrument(category=category, symbol="X", base_coin="BTC", quote_coin="USDT", settle_coin="USDC")
    assert fee_currency(executed(trade(side=side, execFee=fee), category), None, instrument) == coin


def test_an_order_that_paid_in_two_coins_decides_only_with_the_rule() -> None:
    instrument = Instrument(category="spot", symbol="X", base_coin="BTC", quote_coin="USDT", settle_coin="USDT")
    raw = rows(CCXT + "fetchOrder_spot_market_sell_filled.json")[0]
    order = read_order(raw | {"cumFeeDetail": {"MNT": "1", "BTC": "0.1"}}, "spot", "here")
    assert isinstance(order, Order)
    assert fee_currency(executed(trade(), "spot"), order) is None
    assert fee_currency(executed(trade(), "spot"), order, instrument) == "BTC"
    assert fee_currency(executed(trade(side="Sell"), "spot"), order, instrument) is None


def test_c01_c08_funding_closes_nothing() -> None:
    row = rows(CCXT + "fetchMyTrades_linear_funding.json")[0]
    value = executed(row)
    assert (value.exec_type, value.exec_qty, value.closed_qty) == ("Funding", Decimal("1.2"), Decimal(0))
    assert value.order_type is None
    page = [trade(execId="t", execQty="1.2"), *(row | {"execId": f"f{n}", "side": "Sell"} for n in range(2))]
    items, unreadable = sorted_out(EXECUTION_WALK, page, "linear")
    assert sorted(item.exec_type for item in items) == ["Funding", "Funding", "Trade"]
    assert not unreadable


def test_c02_deleveraging_is_an_execution_without_an_owner() -> None:
    given_ = CASES["C02"]["given"]
    value = executed(
        trade(
            execType="AdlTrade",
            createType="CreateByAdl_PassThrough",
            side=given_["side"],
            execQty=given_["execQty"],
            execPrice=given_["execPrice"],
            orderLinkId=given_["orderLinkId"],
            execFee=given_["execFee"],
        )
    )
    assert (value.exec_qty, value.fee, value.client_order_id) == (Decimal("0.5"), Decimal(0), None)
    assert value.create_type == "CreateByAdl_PassThrough"


def test_c03_a_row_on_two_pages_is_one_execution() -> None:
    given_ = CASES["C03"]["given"]
    row = trade(execId=given_["execId"], execQty=given_["qty"])
    items, _ = sorted_out(EXECUTION_WALK, [row, dict(row)], "linear")
    assert len(items) == CASES["C03"]["expect"]["fills"]
    assert sum(item.exec_qty for item in items) == Decimal(CASES["C03"]["expect"]["qty"])


def test_both_sides_of_a_trade_with_oneself_stay() -> None:
    sides = [trade(orderId="a"), trade(orderId="b", side="Sell")]
    assert len(sorted_out(EXECUTION_WALK, sides, "linear")[0]) == 2


def test_c06_a_rejected_order_keeps_its_fills() -> None:
    given_ = CASES["C06"]["given"]
    raw = rows(CCXT + "fetchClosedOrders_linear_roundtrip.json")[0]
    order = read_order(raw | {name: given_[name] for name in ("orderStatus", "cumExecQty", "qty")}, "linear", "here")
    assert isinstance(order, Order)
    assert (order.status, order.cum_exec_qty) == ("Rejected", Decimal(CASES["C06"]["expect"]["filled"]))


@pytest.mark.parametrize("turned", [False, True])
def test_c07_hedge_lines_are_told_by_their_index(turned: bool) -> None:
    base = rows(CCXT + "fetchPositions_linear_long.json")[0]
    given_ = [base | row for row in CASES["C07"]["given"]["rows"]]
    lines = [read_position(row, "linear", "here") for row in (reversed(given_) if turned else given_)]
    sizes = {line.position_idx: line.signed_qty for line in lines if isinstance(line, VenuePosition)}
    assert sizes == {1: 0, 2: -3340}


def test_an_open_line_without_a_side_is_not_read() -> None:
    row = rows(CCXT + "fetchPositions_linear_long.json")[0] | {"side": ""}
    assert isinstance(read_position(row, "linear", "here"), Unreadable)


@pytest.mark.parametrize("exec_type", ["SomethingNew", "CorporateAction", "UNKNOWN"])
def test_c09_an_unknown_type_is_quarantined_and_its_page_survives(exec_type: str) -> None:
    items, unreadable = sorted_out(EXECUTION_WALK, [trade(execType=exec_type), trade(execId="next")], "linear")
    assert [item.exec_id for item in items] == ["next"]
    assert len(unreadable) == 1
    quarantined = unreadable[0]
    assert (quarantined.exec_type, quarantined.symbol) == (exec_type, "LTCUSDT")
    assert quarantined.exec_time == datetime(2024, 3, 18, 11, 55, 18, 390000, UTC)
    assert exec_type in quarantined.reason


def test_c10_only_the_message_with_the_fee_counts() -> None:
    row = trade(category="linear", execId="X", execFee=CASES["C10"]["given"]["fee_second"])
    fast = {name: value for name, value in row.items() if name not in {"execFee", "feeRate", "execType"}}
    events = [event for given_ in (fast, row) for event in events_of({"topic": "execution", "data": [given_]})]
    assert [type(event) for event in events] == [Unreadable, Execution]
    assert isinstance(events[1], Execution)
    assert events[1].fee == Decimal(CASES["C10"]["expect"]["fee"])
