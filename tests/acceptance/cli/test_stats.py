from decimal import Decimal
from typing import Any

from ledger import LedgerClient
from tests.acceptance.cli.conftest import FIRST_DAY, SECOND_DAY, Shell
from tests.fills import fill


def line(answer: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    (found,) = (row for row in answer["stats"] if wanted.items() <= row.items())
    return dict(found)


def test_numbers_of_a_bot(days: Shell) -> None:
    answer = days("stats", "--json").json
    alpha = line(answer, bot_id="alpha", coin="USDT")

    assert answer["by"] == ["bot"]
    assert (alpha["trades"], alpha["wins"], alpha["losses"]) == (3, 2, 1)
    assert alpha["win_rate_pct"] == "66.666666666666666667"
    assert alpha["average_win"] == "169988"  # (299 980 + 39 996) / 2
    assert alpha["average_loss"] == "-10002"
    assert Decimal(alpha["profit_factor"]) == (Decimal(339976) / 10002).quantize(Decimal("1e-18"))
    assert Decimal(alpha["average_trade"]) == (Decimal(329974) / 3).quantize(Decimal("1e-18"))
    assert (alpha["gross_pnl"], alpha["fees"], alpha["net_pnl"]) == ("330000", "26", "329974")
    assert (alpha["best"], alpha["worst"]) == ("299980", "-10002")
    assert alpha["average_holding_seconds"] == "36000"  # 3 h, 2 h and 25 h
    assert alpha["median_holding_seconds"] == "10800"


def test_coins_are_not_added(days: Shell) -> None:
    rows = days("stats", "--by", "total", "--json").json["stats"]

    assert [(row["coin"], row["trades"], row["net_pnl"]) for row in rows] == [
        ("BTC", 1, "-0.002014"),
        ("USDT", 4, "329673.82"),
    ]
    assert rows[1]["other_fees"] == {"MNT": "0.5"}
    assert rows[1]["fees"] == "26.18"


def test_by_reason_day_symbol_and_side(days: Shell) -> None:
    by_reason = days("stats", "--by", "reason", "--bot", "alpha", "--category", "linear", "--json").json
    by_day = days("stats", "--by", "day", "--symbol", "BTCUSDT", "--json").json
    by_symbol = days("stats", "--by", "symbol", "--json").json
    by_side = days("stats", "--by", "side", "--by", "bot", "--json").json

    assert line(by_reason, reason="take_profit")["net_pnl"] == "339976"
    assert line(by_reason, reason="stop_loss")["net_pnl"] == "-10002"
    assert line(by_day, day=FIRST_DAY)["trades"] == 2
    assert line(by_day, day=SECOND_DAY)["worst"] == "-10002"
    assert line(by_symbol, symbol="BTCUSD", category="inverse")["net_pnl"] == "-0.002014"
    assert line(by_side, side="Sell", bot_id="beta")["net_pnl"] == "-300.18"


def test_without_loss_there_is_no_profit_factor(days: Shell) -> None:
    row = line(days("stats", "--by", "reason", "--json").json, reason="take_profit")

    assert row["profit_factor"] is None
    assert row["average_loss"] is None
    assert row["median_holding_seconds"] == "9000"  # between 3 h and 2 h


def test_unknown_profit_is_counted_apart(cli: Shell, database_url: str) -> None:
    with LedgerClient("gamma", database_url=database_url) as gamma:
        gamma.record_fill(**fill("1", "Buy", 1, None, exec_type="OpeningBalance"))
        gamma.record_fill(**fill("2", "Buy", 1, 100, 1))
        gamma.record_fill(**fill("3", "Sell", 2, 110, 2))

    (row,) = cli("stats", "--json").json["stats"]

    assert (row["trades"], row["unpriced_trades"], row["wins"]) == (2, 1, 1)
    assert (row["win_rate_pct"], row["average_trade"], row["net_pnl"]) == ("100", "10", "10")
    assert "P&L unknown" in cli("stats").out
    assert "P&L unknown" in cli("pnl").out


def test_for_people(days: Shell) -> None:
    out = days("stats").out

    assert "66.67 %" in out
    assert "169,988" in out
    assert "3h 0m" in out
    assert "0.5 MNT" in out
    assert days("stats", "--since", "2027-01-01").out == (
        "No completed trades fit --since 2027-01-01T00:00:00+00:00.\n"
    )
