"""`legacy`: trades that an earlier system booked, beside the ledger's."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ledger.cli.group import LedgerGroup
from ledger.cli.nothing import require_known, say_nothing
from ledger.cli.opening import database, ready_settings, url_of
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, Wide, filters
from ledger.cli.output import errors, print_json, remark
from ledger.errors import ConfigurationError
from ledger.settings import Settings
from reconcile.cli.legacy_import import import_trades
from reconcile.cli.legacy_printing import print_comparison
from reconcile.history.extra import require_extra
from reconcile.history.legacy.comparing import KEPT, TOLERANCE_SECONDS, Wanted, compare
from reconcile.history.legacy.report import Comparison

_ON_TERMINAL = 10
_ON_PAGE = 40
_HELP = """Trades of an earlier system, beside the ledger's: where they were wrong, by how much and why.

Example: fifoledger legacy compare --html report.html
"""

app = typer.Typer(cls=LedgerGroup, help=_HELP, no_args_is_help=True)
app.command("import")(import_trades)


@app.command("compare")
def compare_trades(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Only trades that were imported under this name.", metavar="NAME")
    ] = None,
    since: Since = None,
    until: Until = None,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            min=0,
            max=86_400,
            metavar="SECONDS",
            help="How far apart the two may see an exit that no order id names.",
        ),
    ] = float(TOLERANCE_SECONDS),
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=0,
            help=f"How many differences to list, the largest; 0: all. Default: {_ON_TERMINAL} in the terminal, "
            f"{_ON_PAGE} on the page, {KEPT} as JSON.",
            show_default=False,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", help="Write the report as one HTML page, plots and all.", metavar="FILE", dir_okay=False
        ),
    ] = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Compare the P&L that an earlier system booked with the ledger's, exit by exit, and say why they differ.

    Compared are the exits from the earlier system's first trade of each bot to its last, or from --since to --until.
    Every difference is explained by computing the earlier number again: the average of the position taken for its
    cost, a commission left out, the same exit booked twice or never, a price at which nothing was traded. What no
    computation gives is listed as unexplained. The differences by cause add up to the whole, exactly.

    Examples: fifoledger legacy compare; fifoledger legacy compare --bot lxalgo_001 --html report.html;
    fifoledger legacy compare --source old_bot --json
    """
    given = filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until)
    settings = ready_settings()
    listed = limit if limit is not None else KEPT if as_json else _ON_PAGE if html else _ON_TERMINAL
    wanted = Wanted(
        **given, source=source, tolerance=timedelta(seconds=tolerance), keep=None if listed == 0 else listed
    )
    if html is not None:
        _require_page(html)
    made = _compared(settings, wanted)
    if not made.books:
        with database(settings) as opened:
            require_known(opened, {**given, "symbol": None, "category": None})
    if html is not None:
        _write_page(html, made)
    if as_json:
        print_json(asdict(made))
    elif made.books:
        print_comparison(made, _ON_TERMINAL if limit is None else listed, wide=wide)
    else:
        say_nothing("No trades of an earlier system", {**given, "source": source})


def _compared(settings: Settings, wanted: Wanted) -> Comparison:
    console = errors()
    with Progress(
        TextColumn("comparing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("books"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("comparing", total=None)
        return compare(url_of(settings), wanted, lambda done, all_: progress.update(task, completed=done, total=all_))


def _require_page(file: Path) -> None:
    require_extra("the page", ("jinja2", "matplotlib"))
    if not file.parent.is_dir():
        raise ConfigurationError(f"--html {file}: there is no folder {file.parent}")


def _write_page(file: Path, made: Comparison) -> None:
    from reconcile.history.legacy.page import page

    try:
        file.write_text(page(made), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--html {file}: {error.strerror}") from error
    remark(f"report: {file}")
