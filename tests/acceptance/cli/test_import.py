"""`import`: what it books, refuses and reports, how it ends, and that a dry run writes nothing."""

import csv
import gzip
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.text import Text

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from tests.acceptance.cli.conftest import Shell
from tests.all_rows import all_rows
from tests.documents import ROOT
from tests.fills import fill
from tests.statements import statement

NAMES = ("id", "bot_id", "symbol", "side", "exec_price", "exec_qty", "order_id", "client_order_id", "close_reason",
         "commission", "exec_time")  # fmt: skip
BOUGHT = ("1", "alpha", "BTCUSDT", "Buy", "50000", "1.5", "o1", "", "", "0.5", "2024-05-01 10:00:00Z")
SOLD = ("2", "alpha", "BTCUSDT", "Sell", "51000", "0.5", "o2", "", "tp", "0.5", "2024-05-01 11:00:00Z")
SHORT = ("3", "beta", "ETHUSDT", "Sell", "2000", "2", "o3", "", "", "0.25", "2024-05-02 12:00:00Z")
NO_PRICE = ("4", "beta", "ETHUSDT", "Buy", "abc", "2", "o4", "", "", "0.25", "2024-05-02 13:00:00Z")
COMMA = ("5", "beta", "ETHUSDT", "Buy", "2000", "1,5", "o5", "", "", "0.25", "2024-05-02 13:00:00Z")
SOUND = (BOUGHT, SOLD, SHORT)
ALL = (*SOUND, NO_PRICE, COMMA, BOUGHT)


def write(rows: Sequence[Sequence[str]], name: str = "fills.csv", names: Sequence[str] = NAMES) -> str:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return name


def rows_of(database_url: str) -> Any:
    with psycopg.connect(to_conninfo(database_url)) as connection:
        return all_rows(connection)


def figures(report: Any) -> tuple[int, ...]:
    return tuple(report[name] for name in ("read", "booked", "duplicates", "rejected"))


def test_files_with_rejected_rows(cli: Shell, database_url: str) -> None:
    answer = cli("import", "files", write(ALL), "--rejects", "rejects.csv", "--json")

    report = answer.json
    assert (answer.code, report["ok"], report["written"]) == (1, False, True)
    assert figures(report) == (6, 3, 1, 2)
    assert (report["fills"], report["lots"], report["trades"], report["unproven"]) == (3, 2, 1, [])
    assert [(one["line"], one["field"], one["value"]) for one in report["rejects"]] == [
        (5, "exec_price", "abc"),
        (6, "exec_qty", "1,5"),
    ]
    assert [(one["field"], one["count"]) for one in report["reasons"]] == [("exec_price", 1), ("exec_qty", 1)]
    with Path("rejects.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["origin"], row["line"], row["value"]) for row in csv.DictReader(file)] == [
            ("fills.csv", "5", "abc"),
            ("fills.csv", "6", "1,5"),
        ]
    alpha, beta = report["books"]
    assert (alpha["bot_id"], alpha["fills"], alpha["longest_gap_seconds"], alpha["short_qty"]) == (
        "alpha",
        2,
        "3600",
        "0",
    )
    assert (beta["bot_id"], beta["side"], beta["size"], beta["short_qty"]) == ("beta", "Sell", "2", "2")
    (trade,) = cli("trades", "--json").json
    assert (trade["quantity"], trade["gross_pnl"], trade["exit_reason"]) == ("0.5", "500", "tp")

    before = rows_of(database_url)
    again = cli("import", "files", "fills.csv", "--json").json
    assert figures(again) == (6, 0, 4, 2)
    assert rows_of(database_url) == before


def test_a_dry_run_says_the_same_and_writes_nothing(cli: Shell, database_url: str) -> None:
    before = rows_of(database_url)

    planned = cli("import", "files", write(SOUND), "--dry-run", "--json")

    assert (planned.code, planned.json["written"]) == (0, False)
    assert rows_of(database_url) == before
    done = cli("import", "files", "fills.csv", "--json").json
    assert figures(planned.json) == figures(done) == (3, 3, 0, 0)
    for plan, book in zip(planned.json["books"], done["books"], strict=True):
        assert {**plan, "book_id": None} == {**book, "book_id": None}


def test_strict_stops_before_it_writes(cli: Shell, database_url: str) -> None:
    before = rows_of(database_url)

    answer = cli("import", "files", write(ALL), "--strict", "--json")

    assert (answer.code, answer.json["written"]) == (1, False)
    assert "nothing was written" in answer.json["stopped"]
    assert rows_of(database_url) == before
    assert cli("import", "files", write(SOUND), "--strict").code == 0


def test_standard_input_names_bots_and_times(cli: Shell) -> None:
    times = [(*row[:-1], "2024-05-01 10:00:00") for row in (BOUGHT,)]
    text = Path(write([row[2:] for row in times], names=NAMES[2:])).read_text(encoding="utf-8")

    refused = cli("import", "files", "-", "--bot", "alpha", stdin=text)
    answer = cli("import", "files", "-", "--bot", "alpha", "--timezone", "Europe/Berlin", "--json", stdin=text)

    assert (refused.code, answer.code) == (1, 0)
    assert "state a time zone" in refused.out
    (book,) = answer.json["books"]
    assert (book["bot_id"], book["first_time"]) == ("alpha", "2024-05-01T08:00:00Z")


def test_patterns_compression_and_formats(cli: Shell) -> None:
    Path("a.csv.gz").write_bytes(gzip.compress(Path(write([BOUGHT])).read_bytes()))
    Path("b.jsonl").write_text(json.dumps(dict(zip(NAMES, SOLD, strict=True))) + "\n", encoding="utf-8")

    report = cli("import", "files", "a.*", "b.jsonl", "--json").json

    assert figures(report) == (2, 2, 0, 0)
    assert [book["net_pnl_after"][:6] for book in report["books"]] == ["499.33"]


def test_columns_of_other_names(cli: Shell) -> None:
    names = ["exec_qty" if name == "exec_qty" else {"symbol": "pair", "side": "way"}.get(name, name) for name in NAMES]
    file = write([(*BOUGHT[:3], "B", *BOUGHT[4:])], names=names)
    Path("mapping.toml").write_text('[columns]\nsymbol = "pair"\n[values.side]\nB = "Buy"\n', encoding="utf-8")

    unmapped = cli("import", "files", file)
    report = cli("import", "files", file, "--mapping", "mapping.toml", "--map", "side=way", "--json").json

    assert unmapped.code == 2
    assert "no column symbol" in unmapped.err
    assert "--map symbol=pair" in unmapped.err
    assert figures(report) == (1, 1, 0, 0)


def test_a_table_of_older_bots(cli: Shell, database_url: str, connection: psycopg.Connection[Any]) -> None:
    connection.execute(statement("importing/old_fills"))

    planned = cli("import", "table", "old_bots.fills", "--dry-run", "--timezone", "UTC", "--json").json
    report = cli("import", "table", "old_bots.fills", "--timezone", "UTC", "--json").json
    elsewhere = cli("import", "table", "old_bots.fills", "--from-database", database_url, "--timezone", "UTC", "--json")
    connection.execute(statement("importing/drop_old_fills"))

    assert figures(planned) == figures(report) == (3, 3, 0, 0)
    assert (elsewhere.code, figures(elsewhere.json)) == (0, (3, 0, 3, 0))
    assert cli("import", "table", "old_bots.fills").code == 2


def test_an_opening_balance_comes_first_and_once(cli: Shell, database_url: str) -> None:
    names = ("bot_id", "symbol", "side", "exec_price", "exec_qty", "exec_time", "exec_type")
    cli("import", "files", write([SHORT]))
    opening = write([("beta", "ETHUSDT", "Buy", "", "3", "", "OpeningBalance")], "opening.csv", names)

    report = cli("import", "files", opening, "--json").json
    before = rows_of(database_url)
    again = cli("import", "files", opening, "--json").json
    other = cli("import", "files", write([("beta", "ETHUSDT", "Buy", "", "4", "", "OpeningBalance")], "b.csv", names))

    assert (figures(report), figures(again)) == ((1, 1, 0, 0), (1, 0, 1, 0))
    (book,) = report["books"]
    assert (book["first_time"], book["side"], book["size"]) == ("2024-05-02T11:59:59.999000Z", "Buy", "1")
    assert rows_of(database_url) == before
    assert (other.code, "opening:linear:ETHUSDT:0:beta is in the ledger with another payload" in other.out) == (1, True)
    (trade,) = cli("trades", "--json").json
    assert (trade["quantity"], trade["net_pnl"], trade["entry_price"]) == ("2", None, None)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("beta", "ETHUSDT", "Buy", "", "3", "2024-05-02 12:00:00Z", "OpeningBalance", ""), "before the first fill"),
        (("gamma", "ETHUSDT", "Buy", "", "3", "", "OpeningBalance", ""), "the book has no fill"),
        (("beta", "ETHUSDT", "Buy", "", "3", "", "OpeningBalance", "o9"), "is of no order"),
    ],
)
def test_an_opening_balance_that_cannot_be_one(cli: Shell, row: Sequence[str], why: str) -> None:
    names = ("bot_id", "symbol", "side", "exec_price", "exec_qty", "exec_time", "exec_type", "order_id")
    cli("import", "files", write([SHORT]))

    answer = cli("import", "files", write([row], "opening.csv", names))

    assert answer.code == 1
    assert why in answer.out


def test_beside_what_bots_wrote(cli: Shell, database_url: str) -> None:
    with LedgerClient("alpha", database_url=database_url) as alpha:
        alpha.record_fill(**fill("x1", "Buy", "1.5", 50000, order_id="o1", commission="0.5"))

    report = cli("import", "files", write([BOUGHT, SOLD]), "--json").json

    assert report["ok"]
    positions = cli("positions", "--bot", "alpha", "--json").json
    assert [one["total_qty"] for one in positions] == ["1"]


def test_for_people_in_eighty_columns(cli: Shell) -> None:
    cli.set("TTY_COMPATIBLE", "1")
    cli.set("COLUMNS", "80")

    answer = cli("import", "files", write(ALL))

    text = "\n".join(Text.from_ansi(line).plain.rstrip() for line in answer.out.splitlines())
    assert max(map(len, text.splitlines())) <= 80
    assert "reading" in answer.err
    for said in (
        "REJECTED ROWS fills.csv → account default",
        "6 rows read = 3 booked + 1 duplicates + 2 rejected",
        "Written: 3 fills, 0 payments, 2 lots, 1 completed trades.",
        "books proven",
        "Sold without opening",
    ):
        assert said in text


def test_a_hedge_leg_is_opened_on_its_own_side(cli: Shell) -> None:
    names = ("bot_id", "symbol", "side", "exec_price", "exec_qty", "exec_time", "exec_type", "position_idx", "exec_id")
    rows = [
        ("alpha", "BTCUSDT", "Sell", "51000", "1", "2024-05-01 11:00:00Z", "Trade", "1", "e1"),
        ("alpha", "BTCUSDT", "Buy", "", "2", "", "OpeningBalance", "1", ""),
        ("beta", "BTCUSDT", "Buy", "51000", "1", "2024-05-01 11:00:00Z", "Trade", "2", "e2"),
        ("beta", "BTCUSDT", "Buy", "", "2", "", "OpeningBalance", "2", ""),
    ]

    report = cli("import", "files", write(rows, "hedge.csv", names), "--json").json

    assert figures(report) == (4, 2, 0, 2)
    assert {(one["line"], one["reason"].partition(":")[0]) for one in report["rejects"]} == {
        (4, "a hedge book never flips"),
        (5, "a hedge book never flips"),
    }
    assert [(book["bot_id"], book["side"], book["size"]) for book in report["books"]] == [("alpha", "Buy", "1")]


def test_on_spot_what_was_sold_and_never_bought_is_named(cli: Shell) -> None:
    answer = cli("import", "files", write([SHORT]), "--category", "spot", "--dry-run")

    assert answer.code == 0
    assert "On spot that is more than was ever bought" in answer.out


def test_ctrl_c_while_reading(cli: Shell, database_url: str) -> None:
    before = rows_of(database_url)
    line = ",".join(BOUGHT)
    process = subprocess.Popen(
        [sys.executable, "-c", "from ledger.cli import main; main()", "import", "files", "-"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write("\n".join([",".join(NAMES), *[line] * 20_000]))  # more than a pipe holds: it is being read
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130  # though more rows may come
    _, said = process.communicate()

    assert (process.returncode, said) == (
        130,
        "interrupted: what was booked is complete and stays; the same command goes on from there\n",
    )
    assert rows_of(database_url) == before


def test_without_the_extra(cli: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr("reconcile.history.extra.find_spec", lambda name: None if name == "duckdb" else there(name))

    answer = cli("import", "files", write(SOUND))

    assert answer.code == 3
    assert "the import of history needs duckdb; install its extra: pip install 'fifoledger[history]'" in answer.err


def test_wrong_usage(cli: Shell) -> None:
    assert cli("import", "files", "nothing.csv").code == 2
    assert cli("import", "files", write(SOUND), "--timezone", "Mars").code == 2
    assert cli("import", "files", write(SOUND), "--category", "Linear").code == 2
    assert cli("import", "files", write(SOUND), "--map", "symbol").code == 3
    assert cli("import", "files", write(SOUND), "--rejects", "no/such/folder.csv").code == 3
