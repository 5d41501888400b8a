"""Bybit's transaction log. Headers and rows are those of public parsers' samples, see docs/import-layouts.md."""

from pathlib import Path

import pytest

from tests.bybit_exports import EXECUTION, ORDER, STATEMENT, layout, one
from tests.reading import read_text

STATEMENT_LOG = (
    "Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,"
    "Wallet Balance,Action,Time(UTC)"
)
PAGE_LOG = (
    "Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,"
    "Action,OrderId,TradeId,Time"
)
CLASSIC_LOG = (
    "Time,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,"
    "Wallet Balance,Fee Rate,Trade ID,Order ID"
)
IDS = f"{ORDER},{EXECUTION}"


def test_log_of_the_data_export(tmp_path: Path) -> None:
    found = read_text(
        tmp_path,
        f"{STATEMENT}{STATEMENT_LOG}\n"
        "100000002,USDT,XAUTUSDT,TRADE,SELL,0.02000000000000000000,0.02000000000000000000,4356.00000000000000000000,"
        "0.00000000000000000000,-0.08712000000000000000,1.03750000000000000000,0.95038000000000000000,"
        "300.00000000000000000000,CLOSE,2026-09-22 19:11:48\n"
        "100000002,USDT,XAUTUSDT,SETTLEMENT,BUY,--,0.02000000000000000000,--,-0.00436130000000000000,"
        "0.00000000000000000000,0.00000000000000000000,-0.00436130000000000000,299.99563870000000000000,SETTLEMENT,"
        "2026-09-22 20:00:00\n",
    )
    assert layout(found) == "Bybit transaction log"
    assert found.rows == [
        (
            3,
            {
                "symbol": "XAUTUSDT",
                "side": "Sell",
                "exec_price": "4356.00000000000000000000",
                "exec_qty": "0.02000000000000000000",
                "exec_time": "2026-09-22 19:11:48+00:00",
                "category": "linear",
                "commission": "0.08712000000000000000",
                "commission_asset": "USDT",
                "exec_type": "Trade",
                "row_id": "2026-09-22 19:11:48+00:00|XAUTUSDT|TRADE|USDT|0.95038|300",
            },
        ),
        (
            4,
            {
                "symbol": "XAUTUSDT",
                "side": "Buy",
                "exec_qty": "0.02000000000000000000",
                "exec_time": "2026-09-22 20:00:00+00:00",
                "category": "linear",
                "commission": "0.00436130000000000000",
                "commission_asset": "USDT",
                "exec_type": "Funding",
                "row_id": "2026-09-22 20:00:00+00:00|XAUTUSDT|SETTLEMENT|USDT|-0.0043613|299.9956387",
            },
        ),
    ]


def test_log_of_the_page_has_ids_and_a_time_without_zone(tmp_path: Path) -> None:
    row = f"USDT,ADAUSDT,TRADE,SELL,389,0,0.80,0,0.15,9.43,9.58,300,CLOSE,{ORDER},{EXECUTION},2026-07-01 10:00:00.123"
    cells = one(tmp_path, PAGE_LOG, row)
    assert cells["commission"] == "-0.15"  # a rebate
    assert (cells["order_id"], cells["exec_id"]) == (ORDER, EXECUTION)
    assert cells["exec_time"] == "2026-07-01 10:00:00.123"
    assert "row_id" not in cells


@pytest.mark.parametrize(("funding", "commission"), [("0.0006", "-0.0006"), ("-0.0107", "0.0107")])
def test_funding_of_the_log_is_a_cost_where_it_was_paid(tmp_path: Path, funding: str, commission: str) -> None:
    sums = f"{funding},0,0,{funding},290"
    row = f"USDT,ADAUSDT,SETTLEMENT,BUY,--,-389,--,{sums},SETTLEMENT,{IDS},2026-06-15 08:00:00"
    cells = one(tmp_path, PAGE_LOG, row)
    assert (cells["exec_type"], cells["commission"], cells["exec_qty"]) == ("Funding", commission, "389")
    assert "exec_price" not in cells


def test_log_from_before_the_unified_account_counts_costs_as_positive(tmp_path: Path) -> None:
    found = read_text(
        tmp_path,
        f"{CLASSIC_LOG}\n"
        f"2022-03-01 10:00:00,USDT,BTCUSDT,trade,Open Long,0.1,0.1,40000,0,2.4,0,-2.4,997.6,0.0006,{IDS}\n"
        f"2022-03-01 16:00:00,USDT,BTCUSDT,funding,--,0.1,0.1,40000,0.4,0,0,-0.4,997.2,0.0001,{IDS}\n"
        f"2022-03-02 10:00:00,USDT,BTCUSDT,liquidation,Close Long,0.1,0,390,0,2.34,-100,-102.34,894.86,0.0006,{IDS}\n",
    )
    assert [cells["commission"] for cells in found.cells] == ["2.4", "0.4", "2.34"]
    assert [cells["exec_type"] for cells in found.cells] == ["Trade", "Funding", "BustTrade"]
    assert [cells.get("side") for cells in found.cells] == ["Buy", None, "Sell"]


@pytest.mark.parametrize("header", [STATEMENT_LOG, PAGE_LOG, CLASSIC_LOG])
def test_a_log_with_the_signs_of_the_other_kind_is_rejected(tmp_path: Path, header: str) -> None:
    paid = "2.4" if header != CLASSIC_LOG else "-2.4"
    values = {"Currency": "USDT", "Contract": "BTCUSDT", "Type": "TRADE", "Direction": "BUY", "Quantity": "0.1"}
    values |= {"Position": "0.1", "Filled Price": "40000", "Funding": "0", "Fee Paid": paid, "Cash Flow": "0"}
    values |= {"Change": "-2.4", "Action": "OPEN", "Time": "2022-03-01 10:00:00", "Time(UTC)": "2022-03-01 10:00:00"}
    found = read_text(tmp_path, f"{header}\n{','.join(values.get(name, '7') for name in header.split(','))}\n")
    assert not found.rows
    assert "a cost would be booked as income" in found.rejected[0].reason


def test_rounded_sums_of_a_log_are_no_contradiction(tmp_path: Path) -> None:
    row = f"USDT,ADAUSDT,TRADE,SELL,389,0,0.80,0,-0.151234,9.43,9.28,300,CLOSE,{ORDER},{EXECUTION},2026-07-01 10:00:00"
    assert one(tmp_path, PAGE_LOG, row)["commission"] == "0.151234"


@pytest.mark.parametrize("kind", ["TRANSFER_IN", "INTEREST", "CURRENCY_BUY", "BONUS", "AIRDROP", "--"])
def test_every_other_change_of_a_balance_is_rejected_by_name(tmp_path: Path, kind: str) -> None:
    row = f"USDT,,{kind},--,--,--,--,--,--,--,--,297,--,{ORDER},{EXECUTION},2026-04-15 11:26:47.349"
    found = read_text(tmp_path, f"{PAGE_LOG}\n{row}\n")
    named = kind if kind != "--" else "a row without a type"
    assert found.reasons == [(2, f"{named} is no fill and no funding of a position")]


def test_a_session_settlement_is_rejected_and_its_funding_is_not(tmp_path: Path) -> None:
    row = "USDC,BTCPERP,SETTLEMENT,BUY,0,0.1,64000,{},0,12.5,{},290,SETTLEMENT,{},{},2026-06-15 08:00:00\n"
    found = read_text(
        tmp_path,
        f"{PAGE_LOG}\n{row.format('0', '12.5', ORDER, EXECUTION)}{row.format('-0.5', '12', ORDER, EXECUTION)}",
    )
    assert found.rows[0][0] == 3
    assert found.cells[0]["commission"] == "0.5"
    assert "session settlement" in found.rejected[0].reason


SELL_BASE = "567248024,BTC,BTCEUR,TRADE,SELL,-0.00003,0,53842.9,0,0,-0.00003,-0.00003,0.0000896,--,2026-06-05 08:22:50"
SELL_QUOTE = (
    "567248024,EUR,BTCEUR,TRADE,SELL,1.615287,0,53842.9,0,-0.0040382175,"
    "1.615287,1.6112487825,12.148,--,2026-06-05 08:22:50"
)
BUY_BASE = (
    "567248024,BTC,BTCEUR,TRADE,BUY,0.00007,0,53873.6,0,-0.000000175,"
    "0.00007,0.000069825,0.0001396,--,2026-06-05 08:22:20"
)
BUY_QUOTE = "567248024,EUR,BTCEUR,TRADE,BUY,-3.771152,0,53873.6,0,0,-3.771152,-3.771152,9.462,--,2026-06-05 08:22:20"


@pytest.mark.parametrize("turned", [False, True])
def test_the_two_lines_of_a_spot_trade_are_one_row(tmp_path: Path, turned: bool) -> None:
    lines = [SELL_BASE, SELL_QUOTE, BUY_BASE, BUY_QUOTE]
    if turned:
        lines.reverse()
    found = read_text(tmp_path, "\n".join([STATEMENT_LOG, *lines]))
    assert not found.rejected
    assert found.lines == [3, 5]
    by_side = {cells["side"]: cells for cells in found.cells}
    sold, bought = by_side["Sell"], by_side["Buy"]
    assert (sold["exec_qty"], sold["exec_price"], sold["category"]) == ("0.00003", "53842.9", "spot")
    assert (sold["commission"], sold["commission_asset"]) == ("0.0040382175", "EUR")
    assert (bought["exec_qty"], bought["commission"], bought["commission_asset"]) == ("0.00007", "0.000000175", "BTC")


def test_trades_of_one_second_and_price_find_their_own_halves(tmp_path: Path) -> None:
    double_base = SELL_BASE.replace("0.00003,", "0.00006,").replace("0.0000896", "0.0000296")
    double_quote = SELL_QUOTE.replace("1.615287,", "3.230574,").replace("1.6112487825", "3.2265357825")
    found = read_text(tmp_path, "\n".join([STATEMENT_LOG, SELL_BASE, double_base, double_quote, SELL_QUOTE]))
    assert [(line, cells["exec_qty"]) for line, cells in found.rows] == [(4, "0.00006"), (5, "0.00003")]
    assert len({cells["row_id"] for cells in found.cells}) == 2


def test_half_a_spot_trade_is_rejected(tmp_path: Path) -> None:
    found = read_text(tmp_path, "\n".join([STATEMENT_LOG, SELL_BASE, BUY_QUOTE]))
    reason = "one half of a spot trade; the line of the other coin is not in the file"
    assert sorted(found.reasons) == [(2, reason), (3, reason)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SELL_BASE.replace("-0.00003,0,", "0.00003,0,"), "the sign of the quantity contradicts the direction"),
        (SELL_BASE.replace(",BTC,", ",MNT,"), "MNT is not one of the two coins of BTCEUR"),
        (SELL_BASE.replace("-0.00003,0,", "many,0,"), "quantity is no number"),
    ],
)
def test_a_line_that_is_no_half_is_rejected(tmp_path: Path, line: str, reason: str) -> None:
    assert (2, reason) in read_text(tmp_path, f"{STATEMENT_LOG}\n{line}\n").reasons
