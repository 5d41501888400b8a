"""`legacy import`: keeps trades of an earlier system beside the ledger's."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ledger.cli.exits import ExitCode
from ledger.cli.opening import database, ready_settings, url_of
from ledger.cli.options import Account, Json
from ledger.cli.output import errors, output, print_json
from ledger.cli.tables import Column, show
from ledger.errors import ConfigurationError
from reconcile.cli.choosing import choose
from reconcile.cli.import_options import readable
from reconcile.history.extra import require_extra

if TYPE_CHECKING:
    from reconcile.history.legacy.loading import LegacyImport
    from reconcile.history.rows import Reject, Source

_REJECTS = (
    Column("origin", "file", rank=1, shared=True),
    Column("line", "line", "count"),
    Column("field", "field"),
    Column("value", "value", rank=2, folds=True),
    Column("reason", "why", folds=True),
)
_CONFLICTS = (
    Column("legacy_id", "row"),
    Column("field", "field"),
    Column("stored", "stored"),
    Column("given", "given"),
)
_SHOWN = 10


class SideOf(StrEnum):
    """Whose side a row's side is."""

    ENTRY = "entry"
    EXIT = "exit"


def import_trades(
    *,
    files: Annotated[
        list[str] | None,
        typer.Argument(help="CSV, JSON lines or Parquet, compressed or not; patterns; - for standard input."),
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="A table or view instead of files.", metavar="[SCHEMA.]NAME")
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option("--database-url", help="Where the table is. Default: the ledger's own database.", metavar="URL"),
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="What the earlier system is called from now on.", metavar="NAME")
    ],
    account: Account = None,
    bot: Annotated[
        str | None, typer.Option("--bot", "-b", help="The bot of rows that name none.", metavar="BOT_ID")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="Which column is which, as in net_pnl=profit; may be repeated.", metavar="OURS=THEIRS"
        ),
    ] = None,
    category: Annotated[str, typer.Option("--category", "-c", help="Of rows that name none.")] = "linear",
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", help="Of times without an offset: UTC, Europe/Berlin …", metavar="ZONE"),
    ] = None,
    side_of: Annotated[
        SideOf, typer.Option("--side-of", help="Whether a side of Buy or Sell is that of the entry or of the exit.")
    ] = SideOf.ENTRY,
    rejects: Annotated[
        Path | None,
        typer.Option("--rejects", help="Write the rows that were refused as CSV.", metavar="FILE", dir_okay=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row; write nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing if any row is refused.")] = False,
    as_json: Json = False,
) -> None:
    """Keep completed trades of an earlier system beside the ledger's, to be compared with them.

    They never count: positions and P&L come from fills alone. Needed are the columns symbol, side, quantity, exit_time
    and net_pnl (or pnl, or gross_pnl); of use are bot_id, legacy_id (or id), entry_price, exit_price, entry_time,
    commission, exit_reason, entry_order_id, exit_order_id and category, position_idx. Every other column is kept with
    the row. A row that cannot be read is refused, with its line and the reason. Imported again, nothing is written;
    a row that has changed since is reported, and stays as it was.

    Exit code 1: rows were refused, or had changed. 2: the source cannot be read.

    Examples: fifoledger legacy import trades.csv --source old_bot --timezone UTC;
    fifoledger legacy import --table public.completed_trades --database-url postgresql://localhost/old --source old_bot
    """
    require_extra("the import", ("pyarrow", "numpy"))
    from reconcile.history.legacy.checking import TradeReading
    from reconcile.history.legacy.columns import choose_columns, read_pairs
    from reconcile.history.legacy.loading import import_trades as run
    from reconcile.history.sources.files import FileSource
    from reconcile.history.sources.table import TableSource
    from reconcile.history.times import require_zone

    if bool(files) == bool(table) or (database_url and not table):
        raise typer.BadParameter("give files, or --table (and --database-url where it is elsewhere)")
    pairs = read_pairs(mapping or ())
    reading = TradeReading(bot, category, timezone and require_zone(timezone), side_of.value)
    settings = ready_settings()
    choose_layout = partial(choose_columns, pairs)
    with readable():
        rows: Source = (
            TableSource(database_url or url_of(settings), table, choose=choose_layout)
            if table
            else FileSource(files or [], choose=choose_layout)
        )
    account_id = choose(settings, account, None).account_id
    with (
        readable(),
        database(settings) as opened,
        _written(rejects) as on_reject,
        _progress(rows.total, rows.unit) as progress,
    ):
        made = run(
            opened, account_id, source, rows, reading,
            dry_run=dry_run, strict=strict, on_reject=on_reject, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(asdict(made))
    else:
        _print(made, rejects)
    if made.rejected or made.conflicting:
        raise typer.Exit(ExitCode.DIFFERENCES)


@contextmanager
def _written(file: Path | None) -> Iterator["Callable[[Reject], None] | None"]:
    if file is None:
        yield None
        return
    names = ("origin", "line", "field", "value", "reason")
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(names)
            yield lambda reject: writer.writerow([getattr(reject, name) for name in names])
    except OSError as error:
        raise ConfigurationError(f"--rejects {file}: {error.strerror}") from error


@contextmanager
def _progress(total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    console = errors()
    with Progress(
        TextColumn("importing"),
        BarColumn(),
        DownloadColumn() if unit == "bytes" else MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("importing", total=total)
        yield lambda done: progress.update(task, completed=done)


def _print(made: "LegacyImport", rejects: Path | None) -> None:
    if made.rejects:
        show("Refused", _REJECTS, [asdict(one) for one in made.rejects[:_SHOWN]])
    if made.conflicts:
        rows = [
            {"legacy_id": one.legacy_id, "field": name, **values}
            for one in made.conflicts[:_SHOWN]
            for name, values in one.fields.items()
        ]
        show("Changed since they were imported; what is stored stays", _CONFLICTS, rows)
    console = output()
    unwritten = made.dry_run or made.stopped is not None
    verb = "sound" if unwritten else "new"
    text = (
        f"{made.source}: {made.read:,} rows: {made.written:,} {verb}, {made.unchanged:,} there already, "
        f"{made.conflicting:,} changed, {made.rejected:,} refused."
    )
    console.print(text + (" Nothing was written." if unwritten else ""), markup=False, soft_wrap=True)
    if rejects is not None and made.rejected:
        console.print(f"The rows that were refused: {rejects}", markup=False, soft_wrap=True)
