"""`orders`: what the exchange, or the bot that sent it, said of each order."""

from typing import Annotated

import typer

from ledger.cli.listing import SHOWN, list_latest
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, Wide, filters
from ledger.cli.tables import ACCOUNT, CATEGORY, POSITION_IDX, SYMBOL, Column
from ledger.database import Query
from ledger.money import read_text

_COLUMNS = (
    Column("created_at", "created (UTC)", "time", rank=1),
    ACCOUNT,
    Column("bot_id", "bot", shared=True),
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("side", "side", "side"),
    Column("qty", "quantity", "number"),
    Column("cum_exec_qty", "executed", "number", rank=3),
    Column("avg_fill_price", "filled at", "number", rank=2),
    Column("price", "limit", "number", rank=5),
    Column("status", "status"),
    Column("create_type", "made by", rank=7),
    Column("client_order_id", "client order id", rank=6),
    Column("order_id", "order id", rank=4),
    Column("updated_at", "changed (UTC)", "time", rank=8),
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

    `filled at` is the average price of its fills; – says that the ledger does not have all of them. `limit` of a
    market order is the worst price that the exchange would have taken, not one that anybody paid.

    Examples:
      fifoledger orders --bot lxalgo_001 --since 24h
      fifoledger orders --status PartiallyFilledCanceled --json
    """
    if limit is None:
        limit = 0 if as_json else SHOWN
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "status": status and read_text("status", status),
        "limit": limit or None,
    }
    list_latest(
        Query("report_orders", params), _COLUMNS, title="Orders", nothing="No orders", wide=wide, as_json=as_json
    )
