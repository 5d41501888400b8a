"""`import openings`: what was held before the first known execution, from the exchange's present positions."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.exits import ExitCode
from ledger.cli.opening import database, ready_settings
from ledger.cli.options import Account, Json, Wide
from ledger.cli.output import output, print_json, remark
from ledger.cli.tables import CATEGORY, POSITION_IDX, Column, show
from ledger.database import Query
from ledger.settings import Settings
from reconcile.bybit import BybitSettings, load_settings
from reconcile.cli.choosing import Chosen, choose, require_same_place
from reconcile.cli.import_options import DryRun, require_history
from reconcile.cli.import_printing import import_document, print_import
from reconcile.cli.reconcile import planned, reconciled
from reconcile.startup.importing import EXECUTIONS, SETTLED_AFTER
from reconcile.startup.report import ComparedLine, ReconciliationReport

if TYPE_CHECKING:
    from reconcile.history.exchange_openings import LineOpening
    from reconcile.history.report import ImportReport

_COLUMNS = (
    CATEGORY,
    Column("symbol", "symbol"),
    POSITION_IDX,
    Column("ledger_qty", "ledger", "number"),
    Column("venue_qty", "exchange", "number"),
    Column("qty", "held before", "number"),
    Column("bot_id", "bot", usual=None),
    Column("reason", "not opened, because", usual=None, rank=1, folds=True),
)
_UNKNOWN = (
    "What it cost is not known: the exchange's average price forgets what was closed, and is not what FIFO leaves. P&L "
    "of these quantities stays unknown. Where you know the cost, give the opening balance in a file."
)
_PROVISIONAL = "Not everything is fetched yet: reconcile first, what is fetched may change these."
_BEFORE = timedelta(milliseconds=1)
_SLACK = 2 * SETTLED_AFTER  # what is newer is fetched by every run again


def import_openings(
    *,
    account: Account = None,
    bot: Annotated[
        str | None,
        typer.Option(
            "--bot",
            "-b",
            help="Whose they are where several bots trade a line, or none does. Default: external, where none does.",
            metavar="BOT_ID",
        ),
    ] = None,
    dry_run: DryRun = False,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Open positions that began before the exchange's memory: what it shows now, less everything executed since.

    First the account is reconciled, so that every execution that the exchange keeps is in the ledger. What a line then
    lacks was held before its first fill, and is booked there as an opening balance without a price. Afterwards the
    account is reconciled again, and the line agrees. Done again, nothing is written. Spot is left out: a wallet also
    holds what was deposited. The login must be a member of ledger_owner, the key may be one that can only read.

    Exit code 1: a line still differs, and the table says why. 4: the exchange did not answer.

    Examples:
      fifoledger import openings --dry-run
      fifoledger import openings --bot lxalgo_001
    """
    require_history()
    settings, of_exchange = ready_settings(), load_settings()
    chosen = choose(settings, account, None)
    require_same_place(chosen, of_exchange)
    if dry_run:
        lines, complete = _looked(settings, of_exchange, chosen)
    else:
        first = _agreed(settings, of_exchange, chosen)
        lines, complete = first.lines, True
    openings = _openings(settings, chosen, lines, bot)
    made = after = None
    if not dry_run and any(opening.reason is None for opening in openings):
        made = _imported(settings, chosen, openings)
        after = _agreed(settings, of_exchange, chosen)
    left = _left(openings, after)
    if as_json:
        print_json(_document(openings, complete, made, left))
    else:
        _print(openings, complete=complete, made=made, wide=wide)
        _print_sum(openings, left, dry_run=dry_run)
    if left or (made is not None and not made.ok):
        raise typer.Exit(ExitCode.DIFFERENCES)


def _looked(settings: Settings, of_exchange: BybitSettings, chosen: Chosen) -> tuple[list[ComparedLine], bool]:
    plan = planned(settings, of_exchange, chosen, None)
    return plan.lines, all(plan.at - gap.since <= _SLACK for gap in plan.gaps)


def _agreed(settings: Settings, of_exchange: BybitSettings, chosen: Chosen) -> ReconciliationReport:
    report = reconciled(settings, of_exchange, chosen)
    if report.status == "degraded":
        remark(f"the exchange did not answer, and nothing is opened: {report.reason}")
        raise typer.Exit(ExitCode.UNAVAILABLE)
    return report


def _openings(settings: Settings, chosen: Chosen, lines: list[ComparedLine], bot: str | None) -> list["LineOpening"]:
    from reconcile.history.exchange_openings import openings_of

    with database(settings) as opened:
        waiting = opened.query(Query("quarantined", {"account_id": chosen.account_id}))
        covered = opened.query(Query("report_coverage", {"account": chosen.account, "category": None}))
    begun: dict[str, datetime] = {}
    for row in covered:
        if row["endpoint"] == EXECUTIONS:
            first = row["since"] - _BEFORE
            begun[row["category"]] = min(first, begun.get(row["category"], first))
    return openings_of(lines, bot, {(row["category"], row["symbol"]) for row in waiting}, begun)


def _imported(settings: Settings, chosen: Chosen, openings: list["LineOpening"]) -> "ImportReport":
    from reconcile.history.exchange_openings import OpeningSource
    from reconcile.history.run import ImportOptions, import_history

    account = f"{chosen.venue}:{chosen.account}:{chosen.environment}"
    return import_history(OpeningSource(openings), settings, ImportOptions(account=account, source="opening"))


def _left(openings: list["LineOpening"], after: ReconciliationReport | None) -> list[dict[str, Any]]:
    """The lines that still differ, but for spot, which a wallet does not tell."""
    if after is None:
        return [asdict(opening) for opening in openings if opening.reason and opening.category != "spot"]
    return [
        {**asdict(line), "difference": line.difference}
        for line in after.lines
        if line.difference and line.category != "spot"
    ]


def _document(openings: list["LineOpening"], complete: bool, made: "ImportReport | None", left: Any) -> dict[str, Any]:
    report = None if made is None else import_document(made)
    return {"complete": complete, "openings": [asdict(one) for one in openings], "import": report, "differing": left}


def _print(openings: list["LineOpening"], *, complete: bool, made: "ImportReport | None", wide: bool) -> None:
    console = output()
    if openings:
        show("Held before the first known execution", _COLUMNS, [asdict(one) for one in openings], wide=wide)
        console.print(_UNKNOWN, markup=False)
    if not complete:
        console.print(_PROVISIONAL, style="yellow", markup=False)
    if made is not None:
        print_import(made, rejects=None, wide=wide)


def _print_sum(openings: list["LineOpening"], left: list[dict[str, Any]], *, dry_run: bool) -> None:
    could = sum(opening.reason is None for opening in openings)
    if dry_run:
        text = f"{could:,} opening balances would be written. Nothing was written."
    elif not could:
        text = "No opening balance was written."
    else:
        text = f"{could:,} opening balances."
    still = f" {len(left):,} lines still differ." if left else ""
    output().print(text + still, markup=False, soft_wrap=True)
