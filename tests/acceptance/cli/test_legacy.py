"""The earlier system's trades come in and are compared by two commands."""

import csv
import importlib.util
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.text import Text

from tests.acceptance.cli.conftest import Shell
from tests.old_system import booked, history
from tests.statements import statement

SOURCE = ("--source", "old_bot")


def write(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def rows(cli: Shell, database_url: str, tmp_path: Path) -> list[dict[str, Any]]:
    """What the earlier system has, in trades.csv; its fills are booked."""
    fills, found = history()
    booked(database_url, fills)
    write(tmp_path / "trades.csv", found)
    return found


def test_import_says_what_became_of_each_row(cli: Shell, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    rows[1]["net_pnl"] = "1,5"
    write(tmp_path / "trades.csv", rows)
    count = len(rows)

    tried = cli("legacy", "import", "trades.csv", *SOURCE, "--dry-run")
    stopped = cli("legacy", "import", "trades.csv", *SOURCE, "--strict")
    first = cli("legacy", "import", "trades.csv", *SOURCE, "--rejects", "refused.csv")
    rows[0]["net_pnl"], rows[1]["net_pnl"] = "2.5", "3"
    write(tmp_path / "trades.csv", rows)
    second = cli("legacy", "import", "trades.csv", *SOURCE)

    summary = f"old_bot: {count} rows: {count - 1} %s, 0 there already, 0 changed, 1 refused."
    assert (tried.code, stopped.code, first.code, second.code) == (1, 1, 1, 1)
    assert summary % "sound" + " Nothing was written." in tried.out
    assert summary % "sound" + " Nothing was written." in stopped.out
    assert summary % "new" in first.out
    assert "net_pnl" in first.out
    assert "1,5" in first.out
    [refused] = csv.DictReader((tmp_path / "refused.csv").read_text().splitlines())
    assert (refused["line"], refused["field"], refused["value"]) == ("3", "net_pnl", "1,5")
    assert f"{count} rows: 1 new, {count - 2} there already, 1 changed, 0 refused." in second.out
    assert "what is stored stays" in second.out


def test_import_from_standard_input_as_json(cli: Shell, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "trades.csv"
    answer = cli("legacy", "import", str(file), *SOURCE, "--json")
    assert answer.code == 0
    assert (answer.json["written"], answer.json["rejects"]) == (len(rows), [])
    assert cli("legacy", "import", str(file), *SOURCE, "--json").json["unchanged"] == len(rows)


def test_compare_in_80_columns(cli: Shell, rows: list[dict[str, Any]]) -> None:
    cli("legacy", "import", "trades.csv", *SOURCE)
    cli.set("TTY_COMPATIBLE", "1")
    cli.set("COLUMNS", "80")

    answer = cli("legacy", "compare")

    shown = "\n".join(Text.from_ansi(line).plain.rstrip() for line in answer.out.splitlines())
    assert answer.code == 0
    assert shown.startswith("old_bot against the ledger\nIt said ")
    for text in ("the truth is", "wrong sign", "weighted average", "missing exit", "duplicate", "The oldest lots were"):
        assert text in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines() if not line.startswith("The 10 largest")) <= 80


def test_compare_as_json_is_exact(cli: Shell, rows: list[dict[str, Any]]) -> None:
    cli("legacy", "import", "trades.csv", *SOURCE)

    made = cli("legacy", "compare", "--json", "--limit", "0").json

    [coin] = made["coins"]
    assert len(made["worst"]) == made["differing"]
    by_cause = sum(Decimal(tally["amount"]) for tally in coin["causes"].values())
    assert by_cause == Decimal(coin["difference"]) == Decimal(coin["old"]) - Decimal(coin["ours"])
    assert Decimal(coin["old"]) == sum(Decimal(row["net_pnl"]) for row in rows)
    assert made["worst"][0]["parts"][0].keys() == {"cause", "amount"}
    few = cli("legacy", "compare", "--json", "--symbol", "SOLUSDT", "--limit", "2").json
    assert [book["symbol"] for book in few["books"]] == ["SOLUSDT"]
    assert len(few["worst"]) == 2


def test_the_page_is_written(cli: Shell, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    cli("legacy", "import", "trades.csv", *SOURCE)

    answer = cli("legacy", "compare", "--html", "report.html")

    assert answer.code == 0
    assert "report: report.html" in answer.err
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1>old_bot against the ledger</h1>" in text
    assert text.count("<svg") == 2


def test_what_is_mistyped_is_named(cli: Shell, rows: list[dict[str, Any]]) -> None:
    assert cli("legacy", "compare").out.strip() == "No trades of an earlier system."
    nobody = cli("legacy", "compare", "--bot", "nobody")
    assert (nobody.code, "nobody" in nobody.err) == (2, True)
    nowhere = cli("legacy", "compare", "--html", "no/folder/report.html")
    assert "there is no folder" in nowhere.err
    unnamed = cli("legacy", "import", "trades.csv", *SOURCE, "--map", "profit=net_pnl")
    assert "profit is none of symbol, side" in unnamed.err
    zone = cli("legacy", "import", "trades.csv", *SOURCE, "--timezone", "Berlin")
    assert "Europe/Berlin" in zone.err


def test_a_missing_extra_is_named(cli: Shell, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    missing = {"jinja2", "pyarrow"}
    monkeypatch.setattr("reconcile.history.extra.find_spec", lambda name: None if name in missing else there(name))
    page = cli("legacy", "compare", "--html", "report.html")
    load = cli("legacy", "import", "trades.csv", *SOURCE)
    assert "the page needs jinja2; install its extra: pip install 'fifoledger[history]'" in page.err
    assert "the import needs pyarrow;" in load.err
    assert cli("legacy", "compare").code == 0


def test_import_of_a_table(
    cli: Shell, rows: list[dict[str, Any]], database_url: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(statement("legacy/old_table"))
    of_table = ("legacy", "import", "--table", "old_bots.completed_trades", *SOURCE, "--timezone", "UTC")

    first = cli(*of_table, "--json")
    second = cli(*of_table, "--database-url", database_url, "--json")

    assert (first.code, first.json["written"], first.json["rejected"]) == (1, 2, 1)
    assert (second.json["written"], second.json["unchanged"]) == (0, 2)
    [reject] = first.json["rejects"]
    assert (reject["field"], reject["value"]) == ("quantity", "NaN")
    stored = [row for (row,) in connection.execute(statement("legacy/stored"))]
    assert [(row["legacy_id"], row["quantity"], row["net_pnl"]) for row in stored] == [
        ("1", "0.1", "99.975"),
        ("2", "0.30000000000000004", "30"),
    ]
    assert stored[0]["exit_time"] == "2026-03-02T09:00:00+00:00"
    assert cli(*of_table, "trades.csv").code == 2
    assert cli("legacy", "import", *SOURCE).code == 2
    assert cli("legacy", "import", "nothing.csv", *SOURCE).code == 2
