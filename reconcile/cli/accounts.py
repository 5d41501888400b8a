"""`accounts`: which accounts there are, who serves them, and what their keys may do."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ledger.cli.exits import ExitCode
from ledger.cli.group import LedgerGroup
from ledger.cli.listing import rows_of
from ledger.cli.nothing import say_nothing
from ledger.cli.opening import database
from ledger.cli.options import Account, Json, Wide
from ledger.cli.output import output, print_json
from ledger.cli.tables import Column, show
from ledger.database import Database, Query
from ledger.errors import InvalidInputError
from ledger.settings import load_settings
from reconcile.bybit import BybitExchange
from reconcile.errors import ExchangeError, ExchangeRefusedError
from reconcile.service.accounts import ServedAccount, load_accounts
from reconcile.service.settings import load_service_settings

_COLUMNS = (
    Column("account", "account"),
    Column("venue", "venue", rank=3),
    Column("environment", "environment", rank=2),
    Column("uid", "venue's id", rank=2),
    Column("bots", "bots", "count", rank=1),
    Column("reconciliation", "last run"),
    Column("reconciled_at", "reconciled (UTC)", "time"),
    Column("covered_until", "fetched until (UTC)", "time", rank=1),
    Column("led", "served"),
    Column("leader", "by", rank=4, folds=True),
)
_CHECKED = (
    Column("account", "account"),
    Column("environment", "environment", rank=2),
    Column("works", "key works"),
    Column("read_only", "read only"),
    Column("may_withdraw", "may withdraw"),
    Column("uid", "venue's id"),
    Column("kept_uid", "in the ledger", rank=1),
    Column("remark", "remark", rank=1, folds=True),
)
_HELP = """Show the accounts: their last reconciliation, until when all is fetched, and whether a service leads.

`by` names host and process of the service that leads, where the login may see it.

Examples:
  fifoledger accounts
  fifoledger accounts --json
  fifoledger accounts check
"""

app = typer.Typer(cls=LedgerGroup, help=_HELP, invoke_without_command=True)


@app.callback()
def accounts(context: typer.Context, account: Account = None, wide: Wide = False, as_json: Json = False) -> None:
    """Lists them unless a command follows; its help is the group's."""
    if context.invoked_subcommand is not None:
        return
    given = {"account": account}
    rows = rows_of(Query("report_service_accounts", given))
    if as_json:
        print_json(rows)
    elif rows:
        show("Accounts", _COLUMNS, [{**row, "led": "yes" if row["led"] else "no"} for row in rows], wide=wide)
    else:
        say_nothing("No accounts", given)


@app.command("check")
def check(
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only this one of the configured accounts.", metavar="NAME")
    ] = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Ask the exchange about every key that fifoledger serve would use: does it work, whose is it, what may it do.

    Exit code 0: all keys work, for the accounts that they are meant for; one that may withdraw draws a warning. 1: a
    key is refused, is another account's than the books, or the same account's as another one's. 4: the exchange did not
    answer.

    Example:
      SERVICE_ACCOUNTS_FILE=accounts.toml fifoledger accounts check
    """
    configured = load_accounts(load_service_settings(), load_settings().account)
    chosen = [one for one in configured if account in {None, one.name}]
    if not chosen:
        raise InvalidInputError("account", account, f"one of {', '.join(one.name for one in configured)}")
    with database() as opened:
        kept = _kept(opened)
    rows = asyncio.run(_asked(chosen, kept))
    if as_json:
        print_json([{name: value for name, value in row.items() if name != "code"} for row in rows])
    else:
        show("Keys", _CHECKED, [{k: _words(v) for k, v in row.items()} for row in rows], wide=wide)
        for row in rows:
            if row["may_withdraw"]:
                text = f"warning: the key of {row['account']} may withdraw; one that can only read is enough"
                output().print(text, style="yellow", markup=False)
    codes = {row["code"] for row in rows}
    for code in (ExitCode.DIFFERENCES, ExitCode.UNAVAILABLE):
        if code in codes:
            raise typer.Exit(code)


def _kept(opened: Database) -> dict[str, dict[str, Any]]:
    rows = opened.query(Query("report_service_accounts", {"account": None}))
    return {row["account"]: row for row in rows}


async def _asked(chosen: Sequence[ServedAccount], kept: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    rows = list(await asyncio.gather(*(_ask(one, kept.get(one.name)) for one in chosen)))
    booked = [row for row in kept.values() if row["venue"] == "bybit"]
    known = {(row["environment"], row["uid"], row["account"]) for row in [*rows, *booked] if row["uid"]}
    for row in rows:
        same = sorted(
            name for environment, uid, name in known if (environment, uid) == (row["environment"], row["uid"])
        )
        if row["code"] == ExitCode.OK and len(same) > 1:
            row |= {"remark": f"{' and '.join(same)} are one account of the venue", "code": ExitCode.DIFFERENCES}
    return rows


async def _ask(one: ServedAccount, kept: dict[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "account": one.name,
        "environment": one.exchange.environment,
        "works": False,
        "read_only": None,
        "may_withdraw": None,
        "uid": None,
        "kept_uid": kept["uid"] if kept else None,
        "remark": None if kept else "not registered yet",
        "code": ExitCode.OK,
    }
    exchange = BybitExchange(one.exchange)
    try:
        found = await exchange.permissions()
    except ExchangeError as error:
        refused = isinstance(error, ExchangeRefusedError)
        return {**row, "remark": str(error), "code": ExitCode.DIFFERENCES if refused else ExitCode.UNAVAILABLE}
    finally:
        await exchange.close()
    row |= {"works": True, "read_only": found.read_only, "may_withdraw": found.may_withdraw, "uid": found.uid}
    if kept and kept["uid"] not in {None, found.uid}:
        row |= {"remark": "the books are of another account of the venue", "code": ExitCode.DIFFERENCES}
    elif kept and (kept["venue"], kept["environment"]) != ("bybit", one.exchange.environment):
        place = f"{kept['venue']} {kept['environment']}"
        row |= {"remark": f"the books are of {place}", "code": ExitCode.DIFFERENCES}
    return row


def _words(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value
