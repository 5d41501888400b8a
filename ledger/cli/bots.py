"""`bots`: who is registered, and which database login may act for whom."""

from typing import Annotated, Any

import typer

from ledger.cli.group import LedgerGroup
from ledger.cli.listing import rows_of
from ledger.cli.nothing import say_nothing
from ledger.cli.opening import database
from ledger.cli.options import Account, Bot, Json, Wide
from ledger.cli.output import output, print_json, remark
from ledger.cli.tables import Column, show
from ledger.database import Database, Query
from ledger.errors import InvalidInputError

_COLUMNS = (
    Column("account", "account", shared=True),
    Column("venue", "venue", rank=8, shared=True),
    Column("environment", "environment", rank=7, shared=True),
    Column("bot_id", "bot"),
    Column("login_role", "login", rank=5),
    Column("books", "books", "count", rank=6),
    Column("open_positions", "open", "count", rank=2),
    Column("trades", "trades", "count", rank=2),
    Column("last_fill_time", "last fill (UTC)", "time", rank=3),
    Column("last_heartbeat", "heartbeat (UTC)", "time", rank=4),
    Column("equity", "equity", "number", rank=6),
)
_HELP = """Show the bots and their accounts: books, open positions, trades, last fill, last heartbeat, equity.

The bot `external` of an account owns what no bot claims. `login` is the database login that may act for the bot
besides members of ledger_owner; fifoledger bots assign sets it.

Examples:
  fifoledger bots
  fifoledger bots --account main --json
  fifoledger bots assign lxalgo_001 lxalgo_login
"""

app = typer.Typer(cls=LedgerGroup, help=_HELP, invoke_without_command=True)


@app.callback()
def bots(
    context: typer.Context, bot: Bot = None, account: Account = None, wide: Wide = False, as_json: Json = False
) -> None:
    """Lists the bots unless a command follows; its help is the group's."""
    if context.invoked_subcommand is not None:
        return
    given = {"bot": bot, "account": account}
    rows = rows_of(Query("report_bots", given))
    if as_json:
        print_json(rows)
    elif rows:
        show("Bots", _COLUMNS, rows, wide=wide)
    elif bot or account:
        say_nothing("No bots", given)
    else:
        output().print("No bots. One registers itself when its client is used first.")


@app.command("assign")
def assign(
    bot: Annotated[str, typer.Argument(help="The bot, e.g. lxalgo_001.", metavar="BOT_ID")],
    login: Annotated[
        str | None, typer.Argument(help="The PostgreSQL login that may act for it.", metavar="LOGIN")
    ] = None,
    nobody: Annotated[
        bool, typer.Option("--nobody", help="Take the bot from its login: members of ledger_owner alone act for it.")
    ] = False,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Let a database login act for a bot: write its fills, read its books, and nothing of other bots.

    The login must exist (CREATE ROLE name LOGIN) and be granted ledger_bot. You must be a member of ledger_owner.

    Examples:
      fifoledger bots assign lxalgo_001 lxalgo_login
      fifoledger bots assign lxalgo_001 --nobody
    """
    if (login is None) is not nobody:
        raise typer.BadParameter("give either a LOGIN or --nobody")
    with database() as opened:
        found = _bot_and_login(opened, bot, login, account)
        opened.query(
            Query("assign_bot", {"account_id": found["account_id"], "bot_id": bot, "login": login}),
        )
    if login is not None and not found["is_ledger_bot"]:
        remark(f"note: {login} is no member of ledger_bot yet: GRANT ledger_bot TO {login}")
    if as_json:
        answer = {"account": found["account"], "bot_id": bot, "login_before": found["login_role"], "login": login}
        print_json(answer)
        return
    output().print(f"{bot}: {found['login_role'] or 'nobody'} → {login or 'nobody'}", markup=False)


def _bot_and_login(opened: Database, bot: str, login: str | None, account: str | None) -> dict[str, Any]:
    rows = opened.query(Query("bot_login", {"bot": bot, "login": login, "account": account}))
    if not rows:
        raise InvalidInputError("bot", bot, "a registered bot; fifoledger bots lists them")
    if len(rows) > 1:
        raise InvalidInputError("account", account, "given: each account has a bot of this name")
    # A role that does not exist would make the database refuse all other bots' logins, too.
    if login is not None and not rows[0]["login_exists"]:
        raise InvalidInputError("login", login, "a login of this PostgreSQL server (CREATE ROLE … LOGIN)")
    return rows[0]
