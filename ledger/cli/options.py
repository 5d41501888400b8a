"""Options that several commands share, each with one name, one meaning and one help text."""

from datetime import datetime
from typing import Annotated, Any

import typer

from ledger.cli.times import parse_time


def read_time(text: str | datetime) -> datetime:
    """A time as the options take it."""
    if isinstance(text, datetime):
        return text
    try:
        return parse_time(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _read_name(text: str) -> str:
    # What is no text arrives with surrogates in the place of the bytes that could not be read.
    if not text.isprintable():
        raise typer.BadParameter(f"{text!a} is not a printable text")
    return text


_WHICH = "Filters"

Bot = Annotated[
    str | None,
    typer.Option(
        "--bot",
        "-b",
        parser=_read_name,
        help="Only this bot, e.g. lxalgo_001.",
        metavar="BOT_ID",
        rich_help_panel=_WHICH,
    ),
]
Symbol = Annotated[
    str | None,
    typer.Option(
        "--symbol",
        "-s",
        parser=_read_name,
        help="Only this symbol, e.g. BTCUSDT.",
        metavar="SYMBOL",
        rich_help_panel=_WHICH,
    ),
]
Account = Annotated[
    str | None,
    typer.Option(
        "--account",
        "-a",
        parser=_read_name,
        help="Only this account, by its name.",
        metavar="NAME",
        rich_help_panel=_WHICH,
    ),
]
Category = Annotated[
    str | None,
    typer.Option(
        "--category",
        "-c",
        parser=_read_name,
        help="Only linear, inverse, spot, option …",
        metavar="CATEGORY",
        rich_help_panel=_WHICH,
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        parser=read_time,
        metavar="TIME",
        help="From this time on: 2024-05-01, 2024-05-01T09:30, today, or an age such as 7d, 24h, 30m. "
        "UTC unless it names a zone.",
        rich_help_panel=_WHICH,
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        parser=read_time,
        metavar="TIME",
        help="Before this time, written as for --since; the time itself is not included.",
        rich_help_panel=_WHICH,
    ),
]
Book = Annotated[
    int | None,
    typer.Option(
        "--book",
        min=1,
        max=2**31 - 1,
        help="Only the book of this number (see verify).",
        metavar="ID",
        rich_help_panel=_WHICH,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print JSON for programs: times in UTC, decimals as text, every digit (tables mark what is rounded: ≈).",
    ),
]
Wide = Annotated[
    bool,
    typer.Option("--wide", "-w", help="Show every column, however narrow the terminal; files and pipes get them all."),
]


def filters(
    *,
    bot: str | None,
    symbol: str | None,
    account: str | None,
    category: str | None,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, Any]:
    """The filters as the queries take them. Raises typer.BadParameter for a period that is over before it begins."""
    if since is not None and until is not None and since >= until:
        raise typer.BadParameter(f"--since {since.isoformat()} is not before --until {until.isoformat()}")
    return {
        "bot": bot,
        "symbol": symbol,
        "account": account,
        "category": category,
        "since": since,
        "until": until,
    }
