"""verify finds what is wrong and says where; rebuild repairs what can be derived."""

from typing import Any

import psycopg
import pytest

from tests.acceptance.cli.conftest import Shell
from tests.statements import statements

TAMPERING = statements("tampering")


def test_all_proven(days: Shell) -> None:
    answer = days("verify")

    assert answer.code == 0
    assert "PROVEN: 3 books, 9 journal entries" in answer.out
    assert answer.err == ""


def test_json(days: Shell) -> None:
    document = days("verify", "--json").json

    assert (document["ok"], document["books_checked"], document["books_different"]) == (True, 3, 0)
    assert document["cache_problem"] is None
    assert [(book["bot_id"], book["symbol"], book["ok"], book["cache"]) for book in document["books"]] == [
        ("alpha", "BTCUSD", True, None),
        ("alpha", "BTCUSDT", True, None),
        ("beta", "ETHUSDT", True, None),
    ]


def test_filters(days: Shell) -> None:
    def symbols(*filters: str) -> list[str]:
        return [book["symbol"] for book in days("verify", "--json", *filters).json["books"]]

    number = days("verify", "--json", "--symbol", "ETHUSDT").json["books"][0]["book_id"]
    assert symbols("--bot", "alpha") == ["BTCUSD", "BTCUSDT"]
    assert symbols("--account", "second") == ["ETHUSDT"]
    assert symbols("--book", str(number)) == ["ETHUSDT"]


def test_a_filter_that_fits_nothing_proves_nothing(days: Shell) -> None:
    answer = days("verify", "--bot", "alhpa")

    assert answer.code == 2
    assert "no book fits --bot alhpa" in answer.err


def test_an_empty_ledger_is_not_called_proven(cli: Shell) -> None:
    answer = cli("verify")

    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "Nothing to prove yet: no bot has booked anything.\n"
    assert cli("verify", "--json").json["ok"] is True


@pytest.mark.tampers
@pytest.mark.parametrize(
    ("name", "subject", "field"),
    [
        ("profit", "trade", "net_pnl"),
        ("commission", "trade", "exit_commission"),
        ("derived_from_journal", "lot", "entry_price"),
        ("running_state", "book", "realized_net"),
        ("verify_books", "book", "hash"),
    ],
)
def test_tampering_is_found_and_shown(
    days: Shell, connection: psycopg.Connection[Any], name: str, subject: str, field: str
) -> None:
    connection.execute(TAMPERING[name])

    answer = days("verify")
    document = days("verify", "--json")
    found = [d for book in document.json["books"] for d in book["differences"]]

    assert (answer.code, document.code) == (1, 1)
    assert document.json["ok"] is False
    assert (subject, field) in {(d["subject"], d["field"]) for d in found}
    first = found[0]
    assert "The first difference" in answer.out
    for value in (first["item"], first["field"], first["stored"], first["derived"]):
        assert value in answer.out
    assert "DIFFERENT" in answer.out


@pytest.mark.tampers
def test_only_the_book_that_differs(days: Shell, connection: psycopg.Connection[Any]) -> None:
    connection.execute(TAMPERING["quantity"])  # of BTCUSDT

    assert days("verify", "--symbol", "ETHUSDT").code == 0
    assert days("verify", "--symbol", "BTCUSDT").code == 1
    quiet = days("verify", "--quiet").out
    assert "BTCUSDT" in quiet
    assert "ETHUSDT" not in quiet


def test_rebuild_of_a_healthy_ledger_changes_nothing(days: Shell) -> None:
    before = days("trades", "--json").out

    answer = days("rebuild")

    assert answer.code == 0
    assert "0 rows differed in 3 books." in answer.out
    assert days("trades", "--json").out == before


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("profit", 3),  # every trade of BTCUSDT
        ("derived_from_journal", 2),  # both lots
        ("running_state", 1),  # the book's own row
    ],
)
def test_rebuild_repairs_what_is_derived(
    days: Shell, connection: psycopg.Connection[Any], name: str, rows: int
) -> None:
    connection.execute(TAMPERING[name])
    assert days("verify").code == 1

    rebuilt = {row["symbol"]: row for row in days("rebuild", "--json").json}

    assert rebuilt["BTCUSDT"]["rows_changed"] == rows
    assert rebuilt["BTCUSDT"]["net_pnl_after"] == "329974"
    assert days("verify").code == 0
    assert "0 rows differed" in days("rebuild").out


def test_rebuild_takes_the_same_filters(days: Shell) -> None:
    assert [row["symbol"] for row in days("rebuild", "--bot", "beta", "--json").json] == ["ETHUSDT"]
    assert days("rebuild", "--symbol", "NOTHING").code == 2
