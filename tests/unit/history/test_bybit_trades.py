"""Bybit's own exports. Headers and rows are those of public parsers' samples, see docs/import-layouts.md."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconcile.history.sources.mapping import ColumnMapping
from tests.bybit_exports import EXECUTION, ORDER, STATEMENT, layout, one
from tests.reading import read_text, refused

SPOT = (
    "Spot Pairs,Order Type,Direction,Filled Value,Filled Price,Filled Quantity,Fees,Transaction ID,Order No.,"
    "Timestamp (UTC)"
)
SPOT_V2 = SPOT.replace("Direction,", "Direction,feeCoin,ExecFeeV2,")
DERIVATIVES = (
    "Market,Filled Type,Filled Quantity,Filled Price,Order Price,Fee Rate,Trading Fee,feeCoin,ExecFeeV2,Direction,"
    "Order Type,Trasaction ID,Order No.,Transaction Time(UTC+0)"
)
OLD_DERIVATIVES = (
    "Contracts,Filled Type,Filled Qty,Filled Price,Order Price,Fees Paid,Trading Fee Rate,Direction,Order Type,"
    "Leverage,Transaction ID,Order No.,Transaction Time(UTC+8)"
)


def test_spot_history_of_the_data_export(tmp_path: Path) -> None:
    header = STATEMENT + "Uid," + SPOT.replace("(UTC)", "(UTC+0)")
    found = read_text(
        tmp_path,
        f"{header}\n100000001,BTCUSDT,LIMIT,BUY,4850.00000000000000000000,97000.00000000000000000000,"
        "0.05000000000000000000,0.00005000000000000000,2290000000000000093,1836000000000000400,2024-12-09 19:48:23\n",
    )
    assert layout(found) == "Bybit trade history, spot"
    assert found.rows == [
        (
            3,
            {
                "symbol": "BTCUSDT",
                "side": "Buy",
                "exec_price": "97000.00000000000000000000",
                "exec_qty": "0.05000000000000000000",
                "exec_time": "2024-12-09 19:48:23+00:00",
                "category": "spot",
                "exec_id": "2290000000000000093",
                "order_id": "1836000000000000400",
                "commission": "0.00005000000000000000",
                "commission_asset": "BTC",
            },
        )
    ]


def test_spot_history_of_the_page_has_short_order_numbers_and_the_time_first(tmp_path: Path) -> None:
    row = (
        "ICPUSDT,MARKET,SELL,50.00000000000000000000,10.00000000000000000000,5.00000000000000000000,"
        "0.05000000000000000000,2200000000000000633, 50000008,14:35 2024-11-16"
    )
    cells = one(tmp_path, SPOT, row)
    assert cells["exec_time"] == "2024-11-16 14:35+00:00"
    assert cells["exec_id"] == "2200000000000000633"
    assert "order_id" not in cells  # eight digits name no order
    assert (cells["commission"], cells["commission_asset"]) == ("0.05000000000000000000", "USDT")


def test_spot_history_with_the_coin_of_the_fee(tmp_path: Path) -> None:
    row = (
        "BTCEUR,MARKET,SELL,EUR,0.0040382175,1.61528,53842.9,0.00003,--,2200000000000000633, 50000008,08:22 2026-06-05"
    )
    cells = one(tmp_path, SPOT_V2, row)
    assert (cells["commission"], cells["commission_asset"]) == ("0.0040382175", "EUR")
    third = one(tmp_path, SPOT_V2, row.replace("EUR,0.004", "MNT,0.004"))
    assert (third["commission"], third["commission_asset"]) == ("0.0040382175", "MNT")


def test_spot_history_from_before_the_unified_account(tmp_path: Path) -> None:
    row = (
        "2024-09-27 23:02:35,NEIRO/USDT,Market,Buy,89.000000000000000000 USDT,0.089000000000000000 USDT,"
        "1000.000000000000000000 NEIRO,2.000000000000000000 NEIRO,90000040,80000032,2024-09-27 21:02:35"
    )
    assert one(tmp_path, f"Filled Time (Local Time),{SPOT}", row) == {
        "symbol": "NEIROUSDT",
        "side": "Buy",
        "exec_price": "0.089000000000000000",
        "exec_qty": "1000.000000000000000000",
        "exec_time": "2024-09-27 21:02:35+00:00",
        "category": "spot",
        "commission": "2.000000000000000000",
        "commission_asset": "NEIRO",
        "row_id": "90000040/80000032",  # both shortened: they tell rows apart and name no execution
    }


@pytest.mark.parametrize(
    ("side", "fee", "coin"),
    [("BUY", "0.01", "SOL"), ("SELL", "0.01", "USDT"), ("BUY", "-0.01", "USDT"), ("SELL", "-0.01", "SOL")],
)
def test_a_spot_fee_is_paid_in_what_came_and_a_rebate_in_what_went(
    tmp_path: Path, side: str, fee: str, coin: str
) -> None:
    cells = one(tmp_path, SPOT, f"SOLUSDT,LIMIT,{side},100,10,10,{fee},2200000000000000633,1,2024-09-27 21:02:35")
    assert (cells["commission"], cells["commission_asset"]) == (fee, coin)


def test_a_spot_fee_in_a_coin_that_cannot_be_told_is_rejected(tmp_path: Path) -> None:
    row = "ABCXYZ,LIMIT,BUY,100,10,10,{},2200000000000000633,1,2024-09-27 21:02:35\n"
    found = read_text(tmp_path, f"{SPOT}\n{row.format('0.5')}{row.format('0.000')}")
    assert found.lines == [3]
    assert found.reasons == [
        (2, "the coin of the fee is not said and the pair ABCXYZ is not one whose coins are known")
    ]


def test_derivatives(tmp_path: Path) -> None:
    ids = f"{EXECUTION}, {ORDER}"
    found = read_text(
        tmp_path,
        f"{DERIVATIVES}\n"
        f"BTCUSDT,Trade,0.02,64000.5,64000,0.00055,0.704,USDT,0.704,Long,Market, {ids},10:00 2026-01-10\n"
        f"BTCUSDT,Trade,0.02,64100,64100,-0.0001,-1.282E-1,USDT,-1.282E-1,Short,Limit,{ids},10:00 2026-01-10\n"
        f"BTCUSDT,Funding,0.02,64100,0,0.0001,0.1282,,0,Long,--,{ids},16:00 2026-01-11\n"
        f"BTCUSDT,Liquidation,0.02,64100,0,0.0001,0.1282,USDT,0.1282,Short,--,{ids},16:00 2026-01-11\n",
    )
    assert layout(found) == "Bybit trade history, derivatives"
    assert found.cells[0] == {
        "symbol": "BTCUSDT",
        "side": "Buy",
        "exec_price": "64000.5",
        "exec_qty": "0.02",
        "exec_time": "2026-01-10 10:00+00:00",
        "category": "linear",
        "exec_id": EXECUTION,
        "order_id": ORDER,
        "commission": "0.704",
        "commission_asset": "USDT",
        "exec_type": "Trade",
    }
    assert [cells["exec_type"] for cells in found.cells] == ["Trade", "Trade", "Funding", "BustTrade"]
    assert [cells["side"] for cells in found.cells] == ["Buy", "Sell", "Buy", "Sell"]
    assert [cells["commission"] for cells in found.cells] == ["0.704", "-1.282E-1", "0.1282", "0.1282"]
    assert "commission_asset" not in found.cells[2]


@pytest.mark.parametrize(
    ("direction", "side"),
    [("Open Long", "Buy"), ("Close Long", "Sell"), ("Open Short", "Sell"), ("Close Short", "Buy"), ("Hold", "Hold")],
)
def test_derivatives_of_older_exports(tmp_path: Path, direction: str, side: str) -> None:
    row = f"ETHUSDT,Trade,1.5,1800.05,1800,1.62,0.0006,{direction},Market,10,{EXECUTION},{ORDER},2022-05-16 10:00:01"
    cells = one(tmp_path, OLD_DERIVATIVES, row)
    assert cells["side"] == side
    assert cells["exec_time"] == "2022-05-16 10:00:01+08:00"
    assert (cells["exec_qty"], cells["commission"]) == ("1.5", "1.62")


@pytest.mark.parametrize(
    ("symbol", "category"),
    [
        ("BTCUSDT", "linear"),
        ("1000PEPEUSDT", "linear"),
        ("BTCPERP", "linear"),
        ("BTC-26SEP25", "linear"),
        ("BTCUSD", "inverse"),
        ("BTCUSDH26", "inverse"),
        ("ETH-20FEB26-2800-C-USDT", "option"),
        ("BTC-5JAN24-42000-P", "option"),
    ],
)
def test_the_category_is_told_by_the_symbol(tmp_path: Path, symbol: str, category: str) -> None:
    row = f"{symbol},Trade,1,2,2,0,0,USDT,0,Long,Market,{EXECUTION},{ORDER},2026-01-10 10:00:00"
    assert one(tmp_path, DERIVATIVES, row)["category"] == category


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Contracts,Closing Direction,Qty,Entry Price,Exit Price,Closed P&L,Exit Type,Trade Time(UTC+0)", "Closed P&L"),
        ("Market,Order Quantity,Entry Price,Exit Price,Opening Fee,Trade Type,Realized P&L,Trade time", "Closed P&L"),
        ("Contracts,Order Type,Direction,Filled Qty,Filled Price,Status,Order No.,Order Time(UTC+0)", "Order History"),
        ("Uid,Date & Time(UTC),Coin,QTY,Type,Account Balance,Description", "funding account"),
    ],
)
def test_exports_without_fills_are_refused_by_name(tmp_path: Path, header: str, reason: str) -> None:
    assert reason in refused(tmp_path, f"{header}\n").reason


def api_row(**changes: Any) -> str:
    row = {
        "symbol": "ETHUSDT",
        "orderId": "1644000000000000016",
        "orderLinkId": "",
        "execTime": "1710762303659",
        "feeCurrency": "ETH",
        "execPrice": "2453.65",
        "execType": "Trade",
        "seq": 820177003,
        "side": "Buy",
        "isMaker": False,
        "execFee": "0.000001",
        "execId": "2110000000000000620",
        "execQty": "0.001",
    }
    return json.dumps(row | changes)


def test_executions_of_the_api_as_they_came(tmp_path: Path) -> None:
    found = read_text(tmp_path, api_row() + "\n" + api_row(category="spot", feeCurrency="", side="Sell"))
    assert layout(found) == "Bybit executions"
    assert found.cells[0] == {
        "symbol": "ETHUSDT",
        "side": "Buy",
        "exec_price": "2453.65",
        "exec_qty": "0.001",
        "exec_time": "2024-03-18 11:45:03.659Z",
        "exec_id": "2110000000000000620",
        "order_id": "1644000000000000016",
        "commission": "0.000001",
        "commission_asset": "ETH",
        "seq": "820177003",
        "is_maker": "false",
        "exec_type": "Trade",
    }
    assert (found.cells[1]["category"], found.cells[1]["commission_asset"]) == ("spot", "USDT")


def test_values_and_constants_go_on_top_of_an_export(tmp_path: Path) -> None:
    mapping = ColumnMapping(
        constants={"bot_id": "lxalgo_001", "category": "option"}, values={"symbol": {"BTCUSDT": "BTCUSDC"}}
    )
    row = f"BTCUSDT,Trade,1,2,2,0,0,USDT,0,Long,Market,{EXECUTION},{ORDER},2026-01-10 10:00:00"
    (cells,) = read_text(tmp_path, f"{DERIVATIVES}\n{row}\n", mapping=mapping).cells
    assert (cells["bot_id"], cells["category"], cells["symbol"]) == ("lxalgo_001", "option", "BTCUSDC")
