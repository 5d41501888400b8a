"""`orders`: what the exchange, or the bot that sent it, said of each order."""

from typing import Annotated

import typer

from ledger.cli.nothing import require_known, say_nothing
from ledger.cli.opening import database, stream
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, Wide, filters
from ledger.cli.output import output, print_json_rows
from ledger.cli.tables import ACCOUNT, CATEGORY, POSITION_IDX, SYMBOL, Column, show
from ledger.database import Query
from ledger.money import read_text

_SHOWN = 50
_COLUMNS = (
    Column("created_at", "created (UTC)", "time", rank=1),
    ACCOUNT,
    Column("bot_id", "bot", shared=True),
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("side", "side", "side"),
    Column("qty", "quantity", "number"),
    Column("cum_exec_qty", "executed", "number", rank=2),
    Column("price", "price", "number", rank=4),
    Column("status", "status"),
    Column("create_type", "made by", rank=6),
    Column("client_order_id", "client order id", rank=5),
    Column("order_id", "order id", rank=3),
    Column("updated_at", "changed (UTC)", "time", rank=7),
)


def orders(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[
        str | None, typer.Option("--status", help="Only this status, e.g. Filled.", metavar="STATUS")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=0,
            max=2**62,
            help="Only the latest N; 0 means all. Default: 50, all with --json.",
            metavar="N",
        ),
    ] = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Show the orders that are known, as the last reconciliation saw them; oldest first.

    An order belongs to the bot that its client order id names, or whose order made it, as a stop's; without a bot it
    is of `external`. --since and --until speak of the time at which it was made.

    Examples: fifoledger orders --bot lxalgo_001 --since 24h; fifoledger orders --status PartiallyFilledCanceled --json
    """
    if limit is None:
        limit = 0 if as_json else _SHOWN
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "status": status and read_text("status", status),
        "limit": limit or None,
    }
    query = Query("report_orders", params)
    if as_json:
        found = stream(query, or_else=require_known)
        print_json_rows({name: value for name, value in row.items() if name != "total"} for row in found)
        return
    with database() as opened:
        rows = opened.query(query)
        if not rows:
            require_known(opened, params)
    if rows:
        show("Orders", _COLUMNS, rows, wide=wide)
        if rows[0]["total"] > len(rows):
            output().print(f"The latest {len(rows)} of {rows[0]['total']:,}; --limit 0 shows all.", style="dim")
    else:
        say_nothing("No orders", params | {"limit": None})
