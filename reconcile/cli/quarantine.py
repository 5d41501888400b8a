"""`quarantine`: executions that could not be applied."""

from typing import Annotated, Any

import typer

from ledger.cli.group import LedgerGroup
from ledger.cli.nothing import require_known, say_nothing
from ledger.cli.opening import database
from ledger.cli.options import Account, Category, Json, Wide
from ledger.cli.output import print_json
from ledger.cli.tables import ACCOUNT, Column, show
from ledger.database import Database, Query
from ledger.errors import InvalidInputError
from ledger.money import read_text
from reconcile.cli.records import show_record

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
)
_HELP = """Show what the exchange reported and the ledger could not apply: executions of unknown types, unreadable rows.

Each is kept as the exchange sent it, and is in no book until somebody has decided about it.

Examples: fifoledger quarantine; fifoledger quarantine --account main --json; fifoledger quarantine show EXEC_ID
"""

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
    with database() as opened:
        rows = _found(opened, **given, everything=everything)
        if not rows:
            require_known(opened, given)
    if as_json:
        print_json(rows)
    elif rows:
        show("Executions in quarantine", _COLUMNS, rows, wide=wide)
    else:
        say_nothing("No executions in quarantine", given)


@app.command("show")
def show_one(
    exec_id: Annotated[str, typer.Argument(help="The execution, as the list names it.", metavar="EXEC_ID")],
    account: Account = None,
    category: Category = None,
    as_json: Json = False,
) -> None:
    """Show an execution as the exchange sent it, and why it could not be applied.

    Example: fifoledger quarantine show 0ab1c2d3-e4f5-5678-9abc-def012345678
    """
    with database() as opened:
        rows = _found(
            opened, account=account, category=category, exec_id=read_text("execution", exec_id), everything=True
        )
    if not rows:
        raise InvalidInputError("execution", exec_id, "one that fifoledger quarantine --all lists")
    if len(rows) > 1:
        raise InvalidInputError("execution", exec_id, "named with --account and --category: there are several")
    if as_json:
        print_json(rows[0])
    else:
        show_record(f"Execution {exec_id}", rows[0])


def _found(
    opened: Database,
    *,
    account: str | None,
    category: str | None,
    exec_id: str | None = None,
    everything: bool = False,
) -> list[dict[str, Any]]:
    params = {"account": account, "category": category, "exec_id": exec_id, "all": everything}
    return opened.query(Query("report_quarantine", params))
