from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group

from ledger.cli.listing import list_rows, rows_of
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Wide
from ledger.cli.tables import ACCOUNT, BOT, CATEGORY, COIN, POSITION_IDX, SYMBOL, Column, table
from ledger.database import Query

TITLE = "Positions"
COLUMNS = (
    ACCOUNT,
    BOT,
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("side", "side", "side"),
    Column("total_qty", "quantity", "number"),
    Column("avg_entry_price", "average entry", "number"),
    Column("cost", "cost", "number", rank=5),
    Column("entries", "lots", "count", rank=4),
    Column("first_entry_time", "open since (UTC)", "time", rank=3),
    Column("realized_pnl", "net of trades", "money", rank=2),
    COIN,
)


def positions(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    flat: Annotated[bool, typer.Option("--flat", help="Show books with nothing open, too.")] = False,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Show what every bot holds now: side, quantity, average entry price, cost, and what the book has realised.

    The average is that of the open FIFO lots, not the exchange's moving average. `net of trades` is of all that the
    book ever closed, after commissions and without funding, which `pnl` takes off as well. --since shows what was
    opened or added to since then.

    Examples:
      fifoledger positions
      fifoledger positions --bot lxalgo_001 --json
      fifoledger positions --since today
    """
    query = positions_query(bot=bot, symbol=symbol, account=account, category=category, since=since, flat=flat)
    nothing = "No positions" if flat else "No open positions"
    given = {**query.params, "flat": None}
    list_rows(rows_of(query), COLUMNS, title=TITLE, nothing=nothing, given=given, wide=wide, as_json=as_json)


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


def positions_table(rows: list[dict[str, Any]], limit: int | None) -> Group:
    """The positions as people read them, at most `limit` characters wide."""
    return table(TITLE, COLUMNS, rows, limit)
