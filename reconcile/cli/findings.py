"""`findings`: what reconciliations found, and what a person decided about it."""

from typing import Annotated, Any

import typer

from ledger.cli.group import LedgerGroup
from ledger.cli.listing import list_rows, rows_of
from ledger.cli.opening import database
from ledger.cli.options import Account, Json, Wide
from ledger.cli.output import output, print_json
from ledger.cli.tables import ACCOUNT, POSITION_IDX, Column
from ledger.database import Database, Query
from ledger.errors import InvalidInputError
from ledger.money import read_text
from reconcile.cli.records import listed, show_record

_COLUMNS = (
    Column("finding_id", "id"),
    Column("found_at", "found (UTC)", "time", rank=3),
    ACCOUNT,
    Column("kind", "kind"),
    Column("category", "category", usual="linear", rank=1, shared=True),
    Column("symbol", "symbol"),
    POSITION_IDX,
    Column("bot_id", "bot", usual=None, rank=2),
    Column("ledger", "ledger", stacks=True),
    Column("exchange", "exchange", stacks=True),
    Column("rule", "rule", rank=4, folds=True),
    Column("resolved_at", "resolved (UTC)", "time", usual=None, rank=2),
    Column("resolution_note", "note", usual=None, rank=5, folds=True),
)
_HELP = """Show what reconciliations found and nobody has decided about yet; --all adds what was explained or resolved.

An unexplained difference, missing history, a price that does not fit and what is in quarantine are looked for again by
every run, which closes what it finds no more. The other findings wait until they are resolved with a note.

Examples:
  fifoledger findings
  fifoledger findings --kind unexplained --json
  fifoledger findings show 12
  fifoledger findings resolve 12 --note "deposit of 2026-03-02"
"""
_Id = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="The finding's number.", metavar="ID")]

app = typer.Typer(cls=LedgerGroup, help=_HELP, invoke_without_command=True)


@app.callback()
def findings(
    *,
    context: typer.Context,
    account: Account = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that were explained or resolved, too.")] = False,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only this kind, e.g. unexplained.", metavar="KIND")
    ] = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Lists the findings unless a command follows; its help is the group's."""
    if context.invoked_subcommand is not None:
        return
    given = {"account": account, "kind": kind and read_text("kind", kind)}
    rows = rows_of(_query(account=account, kind=given["kind"], everything=everything))
    list_rows(
        rows if as_json else [_line(row) for row in rows],
        _COLUMNS,
        title="Findings",
        nothing="No findings" if everything else "No open findings",
        given=given,
        wide=wide,
        as_json=as_json,
    )


@app.command("show")
def show_one(finding_id: _Id, as_json: Json = False) -> None:
    """Show one finding in full: what either side said, the rule, and what became of it.

    Example:
      fifoledger findings show 12
    """
    with database() as opened:
        row = _one(opened, finding_id)
    if as_json:
        print_json(row)
    else:
        values = {name: ", ".join(listed(row[name])) or None for name in ("ledger", "exchange")}
        show_record(f"Finding {finding_id}", {name: values.get(name, value) for name, value in row.items()})


@app.command("resolve")
def resolve(
    finding_id: _Id,
    note: Annotated[str, typer.Option("--note", help="What was decided, and why.", metavar="TEXT")],
    as_json: Json = False,
) -> None:
    """Close a finding with a note. Nothing is booked: a difference that persists is found again when something changes.

    The login must be allowed to act for the account's bot `external`.

    Example:
      fifoledger findings resolve 12 --note "deposit of 2026-03-02"
    """
    text = read_text("note", note.strip())
    with database() as opened:
        row = _one(opened, finding_id)
        params = {"account_id": row["account_id"], "finding_id": finding_id, "note": text}
        was_open = opened.query(Query("resolve_finding", params))[0]["was_open"]
        row = _one(opened, finding_id)
    if not was_open:
        rule = f"an open finding; it was resolved: {row['resolution_note']}"
        raise InvalidInputError("finding", finding_id, rule)
    if as_json:
        print_json(row)
    else:
        output().print(f"finding {finding_id} ({row['kind']}): resolved", markup=False)


def _query(
    *,
    account: str | None = None,
    kind: str | None = None,
    finding_id: int | None = None,
    everything: bool = False,
) -> Query:
    params = {"account": account, "kind": kind, "finding_id": finding_id, "all": everything}
    return Query("report_findings", params)


def _one(opened: Database, finding_id: int) -> dict[str, Any]:
    rows = opened.query(_query(finding_id=finding_id, everything=True))
    if not rows:
        raise InvalidInputError("finding", finding_id, "one that fifoledger findings --all lists")
    return rows[0]


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "ledger": listed(row["ledger"]), "exchange": listed(row["exchange"])}
