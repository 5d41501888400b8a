"""What the reading commands answer, against numbers computed by hand (see `book_days`)."""

from typing import Any

import pytest

from ledger import LedgerClient
from tests.acceptance.cli.conftest import Shell
from tests.fills import fill


def picked(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_positions_of_all_bots(days: Shell) -> None:
    rows = days("positions", "--json").json

    assert picked(rows, "account", "bot_id", "symbol", "side", "total_qty", "avg_entry_price", "realized_pnl") == [
        ("main", "alpha", "BTCUSD", "Buy", "600", "50000", "-0.002014"),
        ("main", "alpha", "BTCUSDT", "Buy", "20", "51000", "329974"),
        ("second", "beta", "ETHUSDT", "Buy", "2", "2100", "-300.18"),
    ]
    assert rows[1]["first_entry_time"] == "2026-03-02T10:30:00Z"
    assert rows[1]["open_commission"] == "2"


def test_positions_opened_or_added_to_since(days: Shell) -> None:
    def symbols(*filters: str) -> list[str]:
        return [row["symbol"] for row in days("positions", "--json", *filters).json]

    assert symbols("--since", "2026-03-02T10:30") == ["BTCUSDT"]
    assert symbols("--since", "2026-03-02T10:30:01") == []
    assert symbols("--since", "2026-03-02") == ["BTCUSD", "BTCUSDT", "ETHUSDT"]


def test_positions_for_people(days: Shell) -> None:
    out = days("positions").out

    assert "1,020,000" in out  # what 20 at 51 000 cost
    assert "2026-03-02 10:30:00" in out
    assert "idx" not in out  # one-way books alone: nothing to say


@pytest.mark.parametrize(
    ("filters", "symbols"),
    [
        (["--bot", "beta"], ["ETHUSDT"]),
        (["--symbol", "BTCUSDT"], ["BTCUSDT"]),
        (["--account", "main"], ["BTCUSD", "BTCUSDT"]),
        (["--category", "inverse"], ["BTCUSD"]),
        (["--bot", "alpha", "--symbol", "ETHUSDT"], []),
    ],
)
def test_filters(days: Shell, filters: list[str], symbols: list[str]) -> None:
    for command in ("positions", "lots", "trades"):
        rows = days(command, *filters, "--json").json
        assert sorted({row["symbol"] for row in rows}) == symbols, command


@pytest.mark.parametrize("command", ["positions", "lots", "trades", "pnl", "stats", "watch --count 1"])
@pytest.mark.parametrize(
    "wrong", [["--bot", "alhpa"], ["--symbol", "BTCUSTD"], ["--account", "mian"], ["--category", "linaer"]]
)
def test_a_filter_that_names_nothing_is_said(days: Shell, command: str, wrong: list[str]) -> None:
    for form in ([], ["--json"]):
        answer = days(*command.split(), *wrong, *form)
        assert (answer.code, answer.out) == (2, "")
        assert f"{wrong[0][2:]} = '{wrong[1]}'" in answer.err


def test_filters_that_fit_nothing_together_are_named(days: Shell) -> None:
    assert days("positions", "--bot", "alpha", "--symbol", "ETHUSDT").out == (
        "No open positions fit --bot alpha --symbol ETHUSDT.\n"
    )
    assert days("trades", "--reason", "mood").out == "No completed trades fit --reason mood.\n"
    assert days("lots", "--since", "2027-01-01").out == "No open lots fit --since 2027-01-01T00:00:00+00:00.\n"
    assert days("bots", "--bot", "nobody").code == 2
    assert days("bots", "--bot", "alpha", "--account", "second").out == "No bots fit --bot alpha --account second.\n"


def test_a_bot_that_has_not_traded_yet_is_known(days: Shell, database_url: str) -> None:
    with LedgerClient("newcomer", account="main", database_url=database_url) as bot:
        bot.heartbeat()

    answer = days("positions", "--bot", "newcomer")

    assert (answer.code, answer.out) == (0, "No open positions fit --bot newcomer.\n")
    assert days("lots", "--bot", "newcomer", "--json").json == []


def test_flat_books_on_request(cli: Shell, database_url: str) -> None:
    with LedgerClient("gamma", database_url=database_url) as gamma:
        gamma.record_fills([fill("1", "Buy", 1, 100), fill("2", "Sell", 1, 100, 1)])

    assert cli("positions", "--json").json == []
    assert "No open positions." in cli("positions").out
    assert picked(cli("positions", "--flat", "--json").json, "side", "total_qty") == [("None", "0")]


def test_lots(days: Shell) -> None:
    opened = days("lots", "--json").json
    closed = days("lots", "--status", "closed", "--json").json
    every = days("lots", "--status", "all", "--json").json

    assert picked(opened, "symbol", "exec_id", "original_qty", "remaining_qty", "status", "remaining_commission") == [
        ("BTCUSD", "a6", "1000", "600", "partially_closed", "0.000006"),
        ("BTCUSDT", "a2", "50", "20", "partially_closed", "2"),
        ("ETHUSDT", "b2", "2", "2", "open", "0.12"),
    ]
    assert picked(closed, "exec_id", "remaining_qty") == [("a1", "0"), ("b1", "0")]
    assert len(every) == 5
    assert "partially_closed" in days("lots").out


def test_trades(days: Shell) -> None:
    rows = days("trades", "--bot", "alpha", "--symbol", "BTCUSDT", "--json").json

    assert picked(rows, "quantity", "gross_pnl", "entry_commission", "exit_commission", "net_pnl", "exit_reason") == [
        ("100", "300000", "10", "10", "299980", "take_profit"),
        ("20", "40000", "2", "2", "39996", "take_profit"),
        ("10", "-10000", "1", "1", "-10002", "stop_loss"),
    ]
    assert rows[0]["exit_time"] == "2026-03-02T12:30:00Z"
    assert rows[0]["holding_seconds"] == "10800"
    assert "total" not in rows[0]


def test_trades_by_reason_time_and_number(days: Shell) -> None:
    def nets(*filters: str) -> list[str]:
        return [row["net_pnl"] for row in days("trades", "--json", *filters).json]

    assert nets("--reason", "stop_loss", "--symbol", "BTCUSDT") == ["-10002"]
    assert nets("--since", "2026-03-03") == ["-10002"]
    assert nets("--until", "2026-03-02T12:30", "--account", "main") == ["-0.002014"]
    assert nets("--since", "2026-03-02T13:30+01:00", "--until", "2026-03-03") == ["299980", "39996"]
    assert nets("--limit", "2") == ["39996", "-10002"]


def test_trades_say_when_there_are_more(days: Shell) -> None:
    assert "The latest 2 of 5" in days("trades", "--limit", "2").out
    assert "The latest" not in days("trades", "--limit", "0").out


def test_pnl_keeps_coins_and_currencies_apart(days: Shell) -> None:
    answer = days("pnl", "--json").json

    assert answer["by"] == ["bot", "symbol"]
    names = ("bot_id", "symbol", "coin", "trades", "gross", "commissions", "funding", "net", "other_commissions")
    assert picked(answer["pnl"], *names) == [
        ("alpha", "BTCUSD", "BTC", 1, "-0.002", "0.000014", "0", "-0.002014", {}),
        ("alpha", "BTCUSDT", "USDT", 3, "330000", "26", "3.5", "329970.5", {}),
        ("beta", "ETHUSDT", "USDT", 1, "-300", "0.18", "0", "-300.18", {"MNT": "0.5"}),
    ]
    assert "0.5 MNT" in days("pnl").out


@pytest.mark.parametrize("command", ["pnl", "stats"])
def test_what_belongs_to_no_bot_is_not_added_across_accounts(days: Shell, database_url: str, command: str) -> None:
    for account, qty in (("main", 1), ("second", 2)):
        with LedgerClient("external", account=account, database_url=database_url) as external:
            external.record_fills(
                [fill(f"{account}1", "Buy", qty, 1000), fill(f"{account}2", "Sell", qty, 1001, 1, commission=0)]
            )

    answer = days(command, "--by", "bot", "--bot", "external", "--json").json
    lines = days(command, "--by", "bot", "--bot", "external").out.splitlines()

    assert answer["by"] == ["bot"]
    assert picked(answer[command], "account", "bot_id", "coin", "trades") == [
        ("main", "external", "USDT", 1),
        ("second", "external", "USDT", 1),
    ]
    assert [line.split()[:2] for line in (lines[1], *lines[3:])] == [
        ["account", "bot"],
        ["main", "external"],
        ["second", "external"],
    ]
    assert {row["account"] for row in days(command, "--by", "symbol", "--json").json[command]} == {None}


def test_pnl_agrees_with_the_client(days: Shell, database_url: str) -> None:
    (row,) = days("pnl", "--by", "bot", "--bot", "alpha", "--category", "linear", "--json").json["pnl"]
    with LedgerClient("alpha", database_url=database_url) as alpha:
        usdt = alpha.realized_pnl(category="linear").by_settle_coin["USDT"]

    assert row["net"] == str(usdt.net.normalize())
    assert row["commissions"] == str(usdt.commissions)


def test_pnl_by_day_and_in_total(days: Shell) -> None:
    by_day = days("pnl", "--by", "day", "--category", "linear", "--json").json["pnl"]
    total = days("pnl", "--by", "total", "--json").json["pnl"]

    assert picked(by_day, "day", "net") == [("2026-03-02", "339672.32"), ("2026-03-03", "-10002")]
    assert picked(total, "bot_id", "symbol", "coin", "net") == [
        (None, None, "BTC", "-0.002014"),
        (None, None, "USDT", "329670.32"),
    ]


def test_bots(days: Shell) -> None:
    rows = days("bots", "--json").json

    assert picked(rows, "account", "bot_id", "books", "open_positions", "trades") == [
        ("main", "alpha", 2, 2, 4),
        ("main", "external", 0, 0, 0),
        ("second", "beta", 1, 1, 1),
        ("second", "external", 0, 0, 0),
    ]
    assert "2026-03-03 11:30:00" in days("bots").out


def test_nothing_there(cli: Shell) -> None:
    for command, text in {
        "positions": "No open positions.",
        "lots": "No open lots.",
        "trades": "No completed trades.",
        "pnl": "No realised P&L.",
        "stats": "No completed trades.",
        "bots": "No bots.",
    }.items():
        answer = cli(command)
        assert (answer.code, answer.err) == (0, "")
        assert text in answer.out
