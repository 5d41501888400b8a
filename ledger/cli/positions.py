from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.cli.opening import database
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol
from ledger.cli.output import ACCOUNT, CATEGORY, POSITION_IDX, Column, output, print_json, table
from ledger.database import Query

COLUMNS = (
    ACCOUNT,
    Column("bot_id", "bot"),
    CATEGORY,
    Column("symbol", "symbol"),
    POSITION_IDX,
    Column("side", "side", "side"),
    Column("total_qty", "quantity", "number"),
    Column("avg_entry_price", "average entry", "number"),
    Column("cost", "cost", "number"),
    Column("entries", "lots", "count"),
    Column("first_entry_time", "open since (UTC)", "time"),
    Column("realized_pnl", "realised net", "money"),
    Column("settle_coin", "coin"),
)


def positions(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    flat: Annotated[bool, typer.Option("--flat", help="Show books with nothing open, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show what every bot holds now: side, quantity, average entry price, cost, and what the book has realised.

    The average is that of the open FIFO lots, not the exchange's moving average. `realised net` is of all trades that
    the book ever closed, after commissions and without funding (see pnl). --since shows what was opened or added to
    since then.

    Examples: fifoledger positions; fifoledger positions --bot lxalgo_001 --json; fifoledger positions --since today
    """
    with database() as opened:
        rows = opened.query(
            positions_query(bot=bot, symbol=symbol, account=account, category=category, since=since, flat=flat)
        )
    if as_json:
        print_json(rows)
    elif rows:
        output().print(positions_table(rows))
    else:
        output().print("No open positions.")


def positions_query(
    *,
    bot: str | None,
    symbol: str | None,
    account: str | None,
    category: str | None,
    since: datetime | None,
    flat: bool,
) -> Query:
    """What `positions` and `watch` ask."""
    return Query(
        "report_positions",
        {"bot": bot, "symbol": symbol, "account": account, "category": category, "since": since, "flat": flat},
    )


def positions_table(rows: list[dict[str, Any]]) -> Table:
    """The positions as people read them."""
    return table("Positions", COLUMNS, rows)
