"""The demo: right numbers, as often as one likes, with and without a cache, and honest when something is wrong."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import entry_points
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.console import Console

from ledger import LedgerClient, SchemaError
from ledger.database.url import to_conninfo
from ledger.demo import run
from ledger.demo.bybit import execution
from ledger.demo.report import Report, show
from ledger.demo.run import CHAPTERS
from ledger.queries import query
from tests.documents import ROOT
from tests.fills import SYMBOL, fill
from tests.invariants import check_invariants
from tests.logins import as_login, logins
from tests.programs import FIFOLEDGER
from tests.servers import Servers


@pytest.fixture
def demo(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """URL of a database that the demo finds in its environment; no cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATABASE_URL", database_url)
    return database_url


def shown(width: int = 140) -> tuple[int, str]:
    console = Console(file=StringIO(), width=width)
    code = run(console)
    assert isinstance(console.file, StringIO)
    return code, console.file.getvalue()


def bots_of(text: str) -> str:
    found = re.search(r"beginning\s+with\s+(demo_[0-9a-f]+)\.", text)
    assert found, text
    return found[1]


@pytest.mark.timeout(300)
def test_every_number_is_right_in_any_width_and_stays_right_when_run_again(
    demo: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, connection: psycopg.Connection[Any]
) -> None:
    monkeypatch.setenv("LEDGER_REDIS_URL", redis_url)
    runs = [shown(1000), shown(80)]
    for code, text in runs:
        assert code == 0, text
        assert "WRONG" not in text
        assert "died by signal 9" in " ".join(text.split())
        assert "18 books proven" in " ".join(text.split())
        assert "fifoledger positions" in text
        assert demo not in text
    first, second = (bots_of(text) for _, text in runs)
    assert first != second
    wide, narrow = (text for _, text in runs)
    tables = narrow.partition("Now look around")[0]
    assert max(map(len, tables.splitlines())) <= 80
    number = re.compile(r"[\d,]+\.\d{4,}")
    assert set(number.findall(tables)) == set(number.findall(wide))
    assert "299,981.666666666666666667" in tables
    check_invariants(connection)
    with LedgerClient(f"{first}_day", database_url=demo) as bot:
        assert [trade.gross_pnl for trade in bot.get_completed_trades("BTCUSDT")] == [300000, 40000]
        [lot] = bot.get_open_position_entries("BTCUSDT")
        assert (lot.remaining_qty, lot.entry_price) == (Decimal(30), Decimal(51000))


def test_without_ledger_and_cache_the_outage_is_explained_at_real_prices(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_DATABASE_URL", empty_database)
    code, text = shown()
    assert code == 0, text
    assert "No Redis is configured" in text
    assert "17 books proven" in text
    assert "the wallet went from 25,000 to 24,563.0759595: all explained" in text
    assert "rows was written" in text
    account = f"{bots_of(text)}_outage"
    with LedgerClient(account, account=account, database_url=empty_database) as bot:
        trades = bot.get_completed_trades()
        sold: dict[tuple[str, Decimal | None, str | None], Decimal] = defaultdict(Decimal)
        for t in trades:  # both executions of the stop are of one moment: either may be the first
            sold[t.symbol, t.exit_price, t.exit_reason] += t.quantity
        assert sold == {
            ("BTCUSDT", Decimal("57912.3"), "stop_loss"): Decimal("0.1"),
            ("BTCUSDT", Decimal("57912.4"), "stop_loss"): Decimal("0.2"),
            ("ETHUSDT", Decimal(2900), "target"): Decimal(2),
        }
        assert sum(t.net_pnl or 0 for t in trades) == Decimal("-500.2330405")
        assert bot.realized_pnl().funding == Decimal("-0.2725")
        assert bot.position_as_of("BTCUSDT", datetime(2026, 1, 6, 12, tzinfo=UTC)).total_qty == Decimal("0.3")
    with psycopg.connect(to_conninfo(empty_database), autocommit=True) as connection:
        check_invariants(connection)


def test_two_at_once_do_not_meet_nor_what_is_there(demo: str, connection: psycopg.Connection[Any]) -> None:
    with LedgerClient("alpha", account="main", database_url=demo) as bot:
        bot.record_fill(**fill("e1"))
    runs = [
        subprocess.Popen(
            [*FIFOLEDGER, "demo", "--yes", "--json"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for run_ in runs:
        out, shown_beside = run_.communicate(timeout=150)
        assert (run_.returncode, json.loads(out)) == (0, {"ok": True}), shown_beside
        assert "proven" in shown_beside
    with LedgerClient("alpha", account="main", database_url=demo) as bot:
        assert bot.get_position(SYMBOL).book_seq == 1
    check_invariants(connection)


def test_the_ledger_shows_it_without_knowing_the_package_that_adds_it() -> None:
    program = "import sys, ledger.demo; print([name for name in sys.modules if 'reconcile' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert "outage" in {found.name for found in entry_points(group=CHAPTERS)}


def test_a_login_that_may_not_reconcile_sees_the_rest(
    servers: Servers, demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logins(servers.admin_url) as make:
        monkeypatch.setenv("LEDGER_DATABASE_URL", as_login(demo, make("ledger_bot")))
        code, text = shown()
    assert code == 0, text
    assert "Not with this database login" in text
    assert "15 books proven" in text


def test_leaves_a_database_of_another_version_alone(demo: str, connection: psycopg.Connection[Any]) -> None:
    connection.execute(query("forget_code").encode())
    with pytest.raises(SchemaError, match="fifoledger migrate"):
        shown()


def test_says_so_when_numbers_are_wrong(demo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the ledger's own, and one of the chapter that another package adds."""
    monkeypatch.setattr("ledger.demo.real.LOTS", [])
    monkeypatch.setattr("reconcile.demo.explained.CHANGE", Decimal(1))
    code, text = shown()
    assert code == 1
    closing = text[text.rindex("╭") :]
    assert "six lots" in closing
    assert "all explained" in closing


def test_an_expectation_that_is_not_met_is_remembered() -> None:
    report = Report(Console(file=StringIO(), width=100))
    report.expect("two is two", 2, 2)
    report.expect("two is three", 2, 3)
    assert (report.checks, report.failures) == (2, ["two is three: 2 instead of 3"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567.890", "1,234,567.89"),
        ("-1234.5", "-1,234.5"),
        ("-0.5", "-0.5"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("1E+3", "1,000"),
    ],
)
def test_decimals_are_shown_exactly(value: str, text: str) -> None:
    assert show(Decimal(value)) == text


@pytest.mark.parametrize(
    ("side", "rate", "is_maker", "currency"),
    [
        ("Buy", "0.001", True, "ETH"),
        ("Buy", "0.001", False, "ETH"),
        ("Sell", "0.001", True, "USDT"),
        ("Buy", "-0.0001", True, "USDT"),
        ("Sell", "-0.0001", True, "ETH"),
        ("Buy", "-0.0001", False, "ETH"),
        ("Sell", "-0.0001", False, "USDT"),
    ],
)
def test_a_spot_fee_without_currency_follows_the_venues_rule(
    side: str, rate: str, is_maker: bool, currency: str
) -> None:
    row = {
        "symbol": "ETHUSDT", "side": side, "execPrice": "2000", "execQty": "1", "execTime": "1710762303659",
        "execId": "1", "orderId": "2", "orderLinkId": "", "execFee": "0.001", "feeRate": rate, "isMaker": is_maker,
        "execType": "Trade",
    }  # fmt: skip
    assert execution("spot", row)["commission_asset"] == currency
