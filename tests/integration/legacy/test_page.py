"""The page is one whole file that loads nothing, and what comes out of a database cannot break out of its place."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest

from reconcile.history.legacy.comparing import Wanted, compare
from reconcile.history.legacy.page import page
from reconcile.history.legacy.report import Comparison
from tests.fills import fill
from tests.old_system import booked, history, imported, old_row

VOID = {"meta", "link", "br", "img", "input", "hr", "col", "wbr"}
EVIL = "<script>alert('x')</script>&\"'{{7*7}}"


class Outline(HTMLParser):
    """What elements a page has; fails where they are not nested properly."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def made(database_url: str, connection: psycopg.Connection[Any]) -> Comparison:
    fills, rows = history()
    imported(connection, booked(database_url, fills), rows)
    return compare(database_url, Wanted(keep=20))


def test_the_page_is_whole_and_loads_nothing(made: Comparison) -> None:
    text = page(made)
    outline = Outline(text)
    assert text.startswith("<!DOCTYPE html>")
    assert not outline.elements.keys() & {"script", "link", "img", "iframe", "object", "image", "foreignObject"}
    assert outline.elements["svg"] == 2
    outside = [
        (tag, name, value) for tag, name, value in outline.attributes
        if re.search(r"(?i)https?:|//|data:|javascript:", value) and not name.startswith("xmlns")
    ]  # fmt: skip
    assert outside == []
    assert [value for _, name, value in outline.attributes if name in {"src", "href"} and value[0] != "#"] == []
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", text)
    assert "@import" not in text
    assert not [name for _, name, _ in outline.attributes if name.startswith("on")]


def test_ids_are_unique_and_references_lead_somewhere(made: Comparison) -> None:
    outline = Outline(page(made))
    ids = Counter(value for _, name, value in outline.attributes if name == "id")
    assert [name for name, count in ids.items() if count > 1] == []
    text = page(made)
    for target in re.findall(r'(?:href="#|url\(#|aria-labelledby=")([\w-]+)', text):
        assert target in ids
    assert not re.search(r"#0[1-7]0[1-7]0[1-7]", text), "a colour that the page does not know"


def test_the_page_says_what_the_comparison_says(made: Comparison) -> None:
    text = " ".join(" ".join(Outline(page(made)).text).split())
    [totals] = made.coins
    for amount in (totals.old, totals.ours, totals.difference):
        assert f"{abs(amount):,.2f}" in text
    for cause in totals.causes:
        assert cause.label in text
        assert cause.meaning in text
    assert text.count("ledger: (") >= 10
    for one in made.worst:
        assert one.words in text
    assert f"20 of {made.differing} that differ" in text
    assert "billionth" in text  # the method is there


@pytest.mark.parametrize("where", ["source", "legacy_id", "bot_id", "symbol", "exit_order_id"])
def test_what_is_read_is_escaped(where: str, database_url: str, connection: psycopg.Connection[Any]) -> None:
    fills = [("bot", fill("1", order_id="1")), ("bot", fill("2", "Sell", price=120, at=2, order_id="out"))]
    account_id = booked(database_url, fills)
    row = {**old_row("1", "7", 50, exit_order_id="other"), where: EVIL}
    source = str(row.pop("source", "old"))
    imported(connection, account_id, [row], source)
    text = page(compare(database_url))
    outline = Outline(text)
    assert "script" not in outline.elements
    assert EVIL in "".join(outline.text)
    assert "<script" not in text


def test_an_empty_comparison_is_a_page_too(database_url: str) -> None:
    text = page(compare(database_url))
    assert "no trades of an earlier system" in " ".join(Outline(text).text)
    assert "<svg" not in text


def test_several_coins_are_never_added(database_url: str, connection: psycopg.Connection[Any]) -> None:
    inverse: dict[str, Any] = {"symbol": "BTCUSD", "category": "inverse"}
    fills = [
        ("bot", fill("1", order_id="1")), ("bot", fill("2", "Sell", price=120, at=2, order_id="2")),
        ("bot", fill("3", "Buy", 100, order_id="3", **inverse)),
        ("bot", fill("4", "Sell", 100, 200, at=2, order_id="4", **inverse)),
    ]  # fmt: skip
    rows = [old_row("1", "19", 2), old_row("2", "0.4", 2, quantity="100", **inverse)]
    imported(connection, booked(database_url, fills), rows)
    made = compare(database_url)
    assert [(totals.settle_coin, str(totals.difference)) for totals in made.coins] == [("BTC", "-0.1"), ("USDT", "-1")]
    assert [one.settle_coin for one in made.worst] == ["BTC", "USDT"], "no coin's differences hide the other's"
    outline = Outline(page(made))
    assert outline.elements["svg"] >= 2
    ids = Counter(value for _, name, value in outline.attributes if name == "id")
    assert max(ids.values()) == 1
