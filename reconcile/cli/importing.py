"""`import`: brings years of fills in."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.exits import ExitCode
from ledger.cli.lazy import LazyCommand, LazyGroup
from ledger.cli.opening import ready_settings, url_of
from ledger.cli.output import print_json
from ledger.settings import load_settings
from reconcile.cli import import_options as given
from reconcile.cli.import_options import Json, Wide, mapping_of, options_of, readable, require_history
from reconcile.cli.import_printing import import_document, print_import
from reconcile.cli.import_progress import import_progress
from reconcile.cli.interrupting import interruptible

if TYPE_CHECKING:
    from reconcile.history.rows import Source
    from reconcile.history.run import ImportOptions

_HELP = """Bring a past into the ledger: every row is booked, found to be a duplicate, or rejected with the reason.

It may be repeated, interrupted and done beside bots that trade: it ends in the same state. The login must be a member
of ledger_owner. The account is not reconciled meanwhile.

Exit code 0: every row is in the ledger, and every book that was touched is proven. 1: rows were rejected, or a book is
not proven. 2: the source cannot be read; nothing was written.

Examples:
  fifoledger import table trading.old_fills --dry-run
  fifoledger import files 'exports/*.csv.gz'
"""
_INTERRUPTED = "interrupted: what was booked is complete and stays; the same command goes on from there"


class _Sources(LazyGroup):
    def sources(self) -> tuple[LazyCommand, ...]:
        return (
            LazyCommand("bybit", "reconcile.cli.import_bybit:import_bybit"),
            LazyCommand("openings", "reconcile.cli.import_openings:import_openings"),
            LazyCommand("files", "reconcile.cli.importing:import_files"),
            LazyCommand("table", "reconcile.cli.importing:import_table"),
        )


app = typer.Typer(cls=_Sources, help=_HELP, no_args_is_help=True)


class Format(StrEnum):
    """What files can be."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def import_files(
    *,
    files: Annotated[
        list[str],
        typer.Argument(
            help="Names or patterns of CSV, JSON lines and Parquet files, compressed or not; - for standard input.",
            metavar="FILE...",
        ),
    ],
    account: given.Account = None,
    bot: given.Bot = None,
    file_format: Annotated[
        Format | None, typer.Option("--format", help="Default: by the content of each file.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of text. Default: by the byte order mark, else UTF-8.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="Of CSV, one character. Default: by the header.")
    ] = None,
    columns: given.Map = None,
    ignore: given.Ignore = None,
    mapping: given.Mapping = None,
    category: given.Category = "linear",
    timezone: given.Timezone = None,
    label: given.Label = None,
    dry_run: given.DryRun = False,
    strict: given.Strict = False,
    rejects: given.Rejects = None,
    no_verify: given.NoVerify = False,
    jobs: given.Jobs = 2,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Import fills from files: Bybit's own exports, or columns under our names.

    What a file is, is told by its content, and what its columns are by its header. Known are Bybit's trade history and
    transaction log, of unified and of older accounts; all others need the columns symbol, side, exec_price, exec_qty
    and exec_time, or --map. Plain, gzip, bzip2, xz, zstd and ZIP are read.

    Examples:
      fifoledger import files 'exports/*.csv' --bot lxalgo_001
      fifoledger import files old.parquet --dry-run
      zcat fills.jsonl.gz | fifoledger import files -
    """
    require_history()
    from reconcile.history.sources.files import FileSource

    options = options_of(
        account=account, bot=bot, category=category, timezone=timezone, label=label, dry_run=dry_run, strict=strict,
        rejects=rejects, no_verify=no_verify, jobs=jobs,
    )  # fmt: skip
    with readable():
        source = FileSource(
            files,
            file_format=None if file_format is None else file_format.value,
            encoding=encoding,
            delimiter=delimiter,
            mapping=mapping_of(mapping, columns, ignore),
        )
    _import(source, options, wide=wide, as_json=as_json)


def import_table(
    *,
    table: Annotated[
        str, typer.Argument(help='A table or view, as in SQL: fills, trading.fills, "Old Bots".fills.', metavar="NAME")
    ],
    database: Annotated[
        str | None,
        typer.Option(
            "--from-database",
            envvar="IMPORT_DATABASE_URL",
            help="The PostgreSQL that has it. Default: the ledger's own. A password is better kept in the variable.",
            metavar="URL",
        ),
    ] = None,
    account: given.Account = None,
    bot: given.Bot = None,
    columns: given.Map = None,
    ignore: given.Ignore = None,
    mapping: given.Mapping = None,
    category: given.Category = "linear",
    timezone: given.Timezone = None,
    label: given.Label = None,
    dry_run: given.DryRun = False,
    strict: given.Strict = False,
    rejects: given.Rejects = None,
    no_verify: given.NoVerify = False,
    jobs: given.Jobs = 2,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Import fills from a table or view that other bots wrote.

    Columns are taken by their names: bot_id, symbol, side, exec_price, exec_qty, exec_time, order_id, client_order_id,
    close_reason, commission and, if there is one, exec_id; `id` is the row's own key. Others need --map. The table is
    read in one transaction that sees one state; whoever writes it may go on.

    Examples:
      fifoledger import table trading.old_fills --timezone UTC --dry-run
      IMPORT_DATABASE_URL=postgresql://reader@old/bots fifoledger import table trading.fills --timezone UTC
    """
    require_history()
    from reconcile.history.sources.table import TableSource

    options = options_of(
        account=account, bot=bot, category=category, timezone=timezone, label=label, dry_run=dry_run, strict=strict,
        rejects=rejects, no_verify=no_verify, jobs=jobs,
    )  # fmt: skip
    url = database or url_of(ready_settings())
    source = TableSource(url, table, mapping=mapping_of(mapping, columns, ignore))
    _import(source, options, wide=wide, as_json=as_json)


def _import(source: "Source", options: "ImportOptions", *, wide: bool, as_json: bool) -> None:
    from reconcile.history.run import import_history

    # A lost connection is waited for as long as the settings say: nobody wants to begin again.
    settings = ready_settings().model_copy(update={"retry_timeout": load_settings().retry_timeout})
    with interruptible(_INTERRUPTED), readable(), import_progress() as progress:
        report = import_history(source, settings, options, progress)
    if as_json:
        print_json(import_document(report))
    else:
        print_import(report, rejects=options.rejects, wide=wide)
    if not report.ok:
        raise typer.Exit(ExitCode.DIFFERENCES)
