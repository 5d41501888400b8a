"""`watch`: the positions, again and again."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from ledger.cli.nothing import require_known
from ledger.cli.opening import database, ready_settings
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol
from ledger.cli.output import moment, output, print_json
from ledger.cli.positions import positions_query, positions_table
from ledger.errors import DatabaseUnavailableError

_Look = tuple[datetime, list[dict[str, Any]], str | None]


def watch(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    flat: Annotated[bool, typer.Option("--flat", help="Show books with nothing open, too.")] = False,
    interval: Annotated[
        float,
        typer.Option("--interval", "-i", min=0.1, max=86_400, help="Seconds between two looks.", metavar="SECONDS"),
    ] = 1.0,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Stop after so many looks.")] = None,
    as_json: Json = False,
) -> None:
    """Watch the positions change in the terminal. Ctrl-C ends it.

    While the database does not answer the last known positions stay, with a line that says so. With --json every
    look is one line: {"at": …, "positions": […], "problem": …}.

    Examples:
      fifoledger watch --interval 0.5
      fifoledger watch --json --count 10
    """
    settings = ready_settings().model_copy(update={"retry_timeout": 0.0})
    with database(settings) as opened:
        query = positions_query(bot=bot, symbol=symbol, account=account, category=category, since=since, flat=flat)
        require_known(opened, query.params)
        looks = _looks(lambda: opened.query(query), interval, count)
        try:
            if as_json:
                for at, rows, problem in looks:
                    print_json({"at": at, "positions": rows, "problem": problem}, indent=None)
            else:
                _show(looks)
        except KeyboardInterrupt:
            pass


def _looks(read: Callable[[], list[dict[str, Any]]], interval: float, count: int | None) -> Iterator[_Look]:
    rows: list[dict[str, Any]] = []
    done = 0
    while True:
        problem = None
        try:
            rows = read()
        except DatabaseUnavailableError as error:
            problem = str(error)
        yield datetime.now(UTC), rows, problem
        done += 1
        if count is not None and done >= count:
            return
        time.sleep(interval)


def _show(looks: Iterator[_Look]) -> None:
    console = output()
    if not console.is_terminal:  # a file or a pipe has no place to go back to
        for look in looks:
            console.print(_picture(*look, None), crop=False)
        return
    with Live(console=console, auto_refresh=False) as live:
        for look in looks:
            live.update(_picture(*look, console.width), refresh=True)


def _picture(at: datetime, rows: list[dict[str, Any]], problem: str | None, limit: int | None) -> Group:
    line = Text(f"{moment(at)} UTC, Ctrl-C ends", style="dim")
    if problem:
        line = Text(f"{moment(at)} UTC: {problem}", style="bold red")
    return Group(positions_table(rows, limit) if rows else Text("No open positions."), line)
