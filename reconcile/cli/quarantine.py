"""`quarantine`: executions that could not be applied."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from ledger.cli.group import LedgerGroup
from ledger.cli.listing import list_rows, rows_of
from ledger.cli.opening import database, ready_settings
from ledger.cli.options import Account, Category, Json, Wide, read_time
from ledger.cli.output import print_json
from ledger.cli.tables import ACCOUNT, Column
from ledger.database import Query
from ledger.errors import InvalidInputError
from ledger.money import read_text
from ledger.session import EXTERNAL
from ledger.values import QuarantineDecision
from reconcile.cli.choosing import client_of
from reconcile.cli.printing import print_decision
from reconcile.cli.records import show_record
from reconcile.quarantine.api import apply_quarantined_sync
from reconcile.quarantine.statement import Correction

_COLUMNS = (
    ACCOUNT,
    Column("category", "category", usual="linear", rank=1, shared=True),
    Column("exec_id", "execution"),
    Column("symbol", "symbol", rank=1),
    Column("exec_type", "type", rank=1),
    Column("exec_time", "time (UTC)", "time", rank=2),
    Column("reason", "reason", rank=3, folds=True),
    Column("seen_at", "seen (UTC)", "time", rank=4),
    Column("decision", "decision", usual=None, rank=2),
    Column("note", "note", usual=None, rank=5, folds=True),
)
_HELP = """Show what the exchange reported and the ledger could not apply: executions of unknown types, unreadable rows.

Each is kept as the exchange sent it, and is in no book until somebody has decided about it.

Examples:
  fifoledger quarantine
  fifoledger quarantine --account main --json
  fifoledger quarantine show EXEC_ID
  fifoledger quarantine apply EXEC_ID --decision ignore
"""
_SAID = "What it was, where the exchange does not say it or says it wrong"
_ExecId = Annotated[str, typer.Argument(help="The execution, as the list names it.", metavar="EXEC_ID")]


class What(StrEnum):
    """What an execution did."""

    IGNORE = "ignore"
    FILL = "fill"
    CASH = "cash"


app = typer.Typer(cls=LedgerGroup, help=_HELP, invoke_without_command=True)


@app.callback()
def quarantine(
    *,
    context: typer.Context,
    account: Account = None,
    category: Category = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that were decided about, too.")] = False,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Lists them unless a command follows; its help is the group's."""
    if context.invoked_subcommand is not None:
        return
    given = {"account": account, "category": category}
    list_rows(
        rows_of(_query(account=account, category=category, everything=everything)),
        _COLUMNS,
        title="Executions in quarantine",
        nothing="No executions in quarantine",
        given=given,
        wide=wide,
        as_json=as_json,
    )


@app.command("show")
def show_one(
    exec_id: _ExecId,
    account: Account = None,
    category: Category = None,
    as_json: Json = False,
) -> None:
    """Show an execution as the exchange sent it, and why it could not be applied.

    Example:
      fifoledger quarantine show 0ab1c2d3-e4f5-5678-9abc-def012345678
    """
    row = _one(exec_id, account, category)
    if as_json:
        print_json(row)
    else:
        show_record(f"Execution {exec_id}", row)


@app.command("apply")
def apply(
    *,
    exec_id: _ExecId,
    decision: Annotated[What, typer.Option("--decision", help="What it did; see above.")],
    account: Account = None,
    category: Category = None,
    bot: Annotated[
        str | None,
        typer.Option("--bot", "-b", help="In whose book. Default: as a reconciliation finds it.", metavar="BOT_ID"),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="Why.", metavar="TEXT")] = None,
    symbol: Annotated[str | None, typer.Option("--symbol", metavar="SYMBOL", rich_help_panel=_SAID)] = None,
    side: Annotated[str | None, typer.Option("--side", metavar="Buy|Sell", rich_help_panel=_SAID)] = None,
    exec_type: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="E.g. Trade, Delivery.", rich_help_panel=_SAID)
    ] = None,
    price: Annotated[str | None, typer.Option("--price", metavar="NUMBER", rich_help_panel=_SAID)] = None,
    quantity: Annotated[str | None, typer.Option("--quantity", metavar="NUMBER", rich_help_panel=_SAID)] = None,
    time: Annotated[
        datetime | None,
        typer.Option("--time", parser=read_time, metavar="TIME", help="When it happened.", rich_help_panel=_SAID),
    ] = None,
    fee: Annotated[
        str | None,
        typer.Option(
            "--fee",
            "--amount",
            metavar="NUMBER",
            help="Positive was paid, negative received; with cash the amount.",
            rich_help_panel=_SAID,
        ),
    ] = None,
    coin: Annotated[
        str | None, typer.Option("--coin", metavar="COIN", help="Of the fee or the amount.", rich_help_panel=_SAID)
    ] = None,
    position_idx: Annotated[
        int | None,
        typer.Option(
            "--position-idx", min=0, max=2, help="0 one-way, 1 hedge long, 2 hedge short.", rich_help_panel=_SAID
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would do; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Decide what an execution did, and book it in the same transaction: it leaves the quarantine for good.

    ignore: it moved nothing. fill: it moved the position, and is booked as a fill. cash: it moved only cash, as funding
    does, and is booked beside the fills. What the exchange sent counts, unless the options say otherwise. Decided again
    it is answered as done; another decision than the one that was made is refused.

    An execution that was refused because the ledger had not seen what it closes can be decided as a fill once the
    history before it is imported. The login needs the rights that reconciling needs.

    Examples:
      fifoledger quarantine apply EXEC_ID --decision ignore --note "a test"
      fifoledger quarantine apply EXEC_ID --decision fill --price 60000 --dry-run
    """
    settings = ready_settings()
    row = _one(exec_id, account, category)
    correction = Correction(
        symbol=symbol,
        side=side,
        exec_type=exec_type,
        exec_price=price,
        exec_qty=quantity,
        exec_time=time,
        commission=fee,
        commission_asset=coin,
        position_idx=position_idx,
    )
    with client_of(settings, row["account"], EXTERNAL) as client:
        made = apply_quarantined_sync(
            client,
            exec_id,
            decision.value,
            category=row["category"],
            bot_id=bot,
            note=note and read_text("note", note.strip()),
            dry_run=dry_run,
            correction=correction,
        )
    if as_json:
        print_json({"dry_run": dry_run, **_document(made)})
    else:
        print_decision(made, dry_run=dry_run)


def _document(made: QuarantineDecision) -> dict[str, Any]:
    """For programs: what was decided, and the positions of the book before and after."""
    result = made.result
    return {
        **{name: made[name] for name in made if name not in {"before", "result"}},
        "before": made.before and dict(made.before),
        "after": result and dict(result.position),
        "completed_trades": [dict(trade) for trade in result.completed_trades] if result else [],
    }


def _one(exec_id: str, account: str | None, category: str | None) -> dict[str, Any]:
    with database() as opened:
        rows = opened.query(
            _query(account=account, category=category, exec_id=read_text("execution", exec_id), everything=True)
        )
    if not rows:
        raise InvalidInputError("execution", exec_id, "one that fifoledger quarantine --all lists")
    if len(rows) > 1:
        raise InvalidInputError("execution", exec_id, "named with --account and --category: there are several")
    return rows[0]


def _query(
    *,
    account: str | None,
    category: str | None,
    exec_id: str | None = None,
    everything: bool = False,
) -> Query:
    params = {"account": account, "category": category, "exec_id": exec_id, "all": everything}
    return Query("report_quarantine", params)
