"""verify finds rows that are in no book, or in a wrong one."""

from typing import Any

import psycopg
import pytest

from tests.acceptance.cli.conftest import Shell
from tests.statements import statements

TAMPERING = statements("tampering")
NOWHERE = (999 << 32) + 1  # a fill of book 999, which does not exist


def test_every_row_is_in_its_book(days: Shell) -> None:
    document = days("verify", "--json").json

    assert (document["ok"], document["strays_total"], document["strays"]) == (True, 0, [])


@pytest.mark.tampers
def test_rows_of_no_book(days: Shell, connection: psycopg.Connection[Any]) -> None:
    connection.execute(TAMPERING["strays"])

    answer = days("verify", "--json")
    document = answer.json

    assert answer.code == 1
    assert (document["ok"], document["books_different"]) == (False, 0)  # no book's own check looks there
    assert {stray["account"] for stray in document["strays"]} == {"main"}
    found = {(stray["subject"], stray["field"], stray["stored"]) for stray in document["strays"]}
    assert found == {("lot", "book_id", "999"), ("lot", "book", "missing"), ("trade", "book", "missing")}
    assert document["strays_total"] == 3
    (lot,) = {stray["item"] for stray in document["strays"] if stray["subject"] == "lot"}
    assert lot == str(NOWHERE)


@pytest.mark.tampers
def test_rows_of_no_book_for_people(days: Shell, connection: psycopg.Connection[Any]) -> None:
    connection.execute(TAMPERING["strays"])

    answer = days("verify")

    assert answer.code == 1
    assert "The first row outside its book, in account main" in answer.out
    assert str(NOWHERE) in answer.out
    assert "DIFFERENT: 0 differences in 0 of 3 books, 9 journal entries; 3 findings on rows outside" in answer.out
    assert "The first row outside its book" in days("verify", "--quiet").out


@pytest.mark.tampers
def test_rows_of_a_wrong_book(days: Shell, connection: psycopg.Connection[Any]) -> None:
    connection.execute(TAMPERING["strays_in_wrong_book"])

    document = days("verify", "--json").json

    assert {(stray["subject"], stray["field"]) for stray in document["strays"]} == {
        ("lot", "book_id"),
        ("trade", "book_id"),
    }
    assert all(stray["stored"] != stray["derived"] for stray in document["strays"])
    assert document["books_different"] > 0


@pytest.mark.tampers
def test_filters_decide_whether_strays_are_looked_for(days: Shell, connection: psycopg.Connection[Any]) -> None:
    connection.execute(TAMPERING["strays"])

    assert days("verify", "--account", "main").code == 1
    assert days("verify", "--account", "second").code == 0
    assert days("verify", "--bot", "alpha", "--symbol", "BTCUSDT").code == 0  # these books are what was asked for
