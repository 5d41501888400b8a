"""Tables in terminals of any width: what is shown is whole, what is not shown is named."""

import re
from decimal import Decimal

import pytest
from rich.text import Text

from ledger import LedgerClient
from tests.acceptance.cli.conftest import Shell, book_days
from tests.fills import fill

COMMANDS = ("positions", "trades", "lots", "stats", "verify", "pnl", "bots", "watch --count 1", "lots --status all")
# A number, a time or an id: whatever has a digit in it.
VALUE = re.compile(r"[^\s│]*\d[^\s│]*")


@pytest.fixture
def long_numbers(cli: Shell, database_url: str) -> Shell:
    """The days of `book_days`, and a bot with a long name whose numbers have many digits."""
    book_days(database_url)
    with LedgerClient("a_bot_with_a_long_name_01", account="third", database_url=database_url) as bot:
        bot.record_fills(
            [
                fill("l1", "Buy", "123456.789", "0.00012345", 0, symbol="1000000BABYDOGEUSDT", commission="0.12345678"),
                fill("l2", "Buy", "654321.12345678", "98765.4321", 1, symbol="1000000BABYDOGEUSDT"),
                fill("l3", "Sell", "223456.5", "87654.321", 2, symbol="1000000BABYDOGEUSDT", commission="1.00000001"),
            ]
        )
    return cli


def in_a_terminal(cli: Shell, command: str, width: int) -> str:
    cli.set("TTY_COMPATIBLE", "1")
    cli.set("COLUMNS", str(width))
    answer = cli(*command.split())
    assert answer.code == 0, answer.err
    return "\n".join(Text.from_ansi(line).plain.rstrip() for line in answer.out.splitlines())


def values(text: str) -> set[str]:
    return {found.strip(".,:;") for found in VALUE.findall(text)}


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_value_is_broken(long_numbers: Shell, command: str, width: int) -> None:
    whole = values(long_numbers(*command.split()).out)  # a pipe

    shown = in_a_terminal(long_numbers, command, width)

    clock = re.compile(r"\d\d:\d\d:\d\d")  # watch says when it looked
    assert {value for value in values(shown) - whole if not clock.fullmatch(value)} == set()
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("positions", ["BTCUSDT", "20", "51,000", "329,974", "USDT", "alpha"]),
        ("trades", ["2026-03-02 12:30:00", "alpha", "BTCUSDT", "299,980", "USDT"]),
        ("lots", ["alpha", "BTCUSDT", "51,000", "20", "2026-03-02 10:30:00"]),
        ("stats", ["alpha", "66.67 %", "329,974", "USDT"]),
        ("verify", ["alpha", "BTCUSDT", "ok", "PROVEN"]),
    ],
)
def test_80_columns_show_what_matters(days: Shell, command: str, needed: list[str]) -> None:
    shown = in_a_terminal(days, command, 80)

    assert [text for text in needed if text not in shown] == []
    assert "─" * 50 in shown  # a table under its heading, and no list of fields


def test_what_has_no_room_is_named_and_wide_shows_it(days: Shell) -> None:
    shown = in_a_terminal(days, "trades", 80)
    wide = in_a_terminal(days, "trades --wide", 80)

    assert "No room for:" in shown
    assert "entry fee" in shown.partition("No room for:")[2]
    assert "No room for:" not in wide
    assert "entry fee" in wide.splitlines()[1]


def test_what_all_rows_share_goes_to_the_title(days: Shell) -> None:
    shown = in_a_terminal(days, "lots --bot alpha --symbol BTCUSDT --status all", 80)

    assert shown.splitlines()[0] == "Lots, oldest first · account main, bot alpha, symbol BTCUSDT"
    assert "alpha" not in "".join(shown.splitlines()[1:])


def test_a_pipe_gets_every_column_whatever_its_width(long_numbers: Shell) -> None:
    long_numbers.set("COLUMNS", "80")

    lines = long_numbers("trades").out.splitlines()

    for heading in ("account", "entry fee", "exit fee", "net %", "held", "reason"):
        assert heading in lines[1]
    assert len(lines) == 3 + 7  # title, headings, rule; each trade is one line


def test_a_number_wider_than_the_terminal_is_whole_in_a_list(cli: Shell, database_url: str) -> None:
    huge = Decimal("98765432109876543210987654321.12345678")
    with LedgerClient("bot", database_url=database_url) as bot:
        bot.record_fill(**fill("h1", "Buy", huge, 1))

    shown = in_a_terminal(cli, "positions", 40)

    assert "98,765,432,109,876,543,210,987,654,321.12345678" in shown
