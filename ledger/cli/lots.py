from enum import StrEnum
from typing import Annotated

import typer

from ledger.cli.opening import database, stream
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, filters
from ledger.cli.output import ACCOUNT, CATEGORY, POSITION_IDX, Column, output, print_json_rows, table
from ledger.database import Query

_COLUMNS = (
    ACCOUNT,
    Column("bot_id", "bot"),
    CATEGORY,
    Column("symbol", "symbol"),
    POSITION_IDX,
    Column("entry_id", "lot"),
    Column("side", "side", "side"),
    Column("entry_price", "entry price", "number"),
    Column("original_qty", "original", "number"),
    Column("remaining_qty", "remaining", "number"),
    Column("status", "status"),
    Column("entry_time", "entry (UTC)", "time"),
    Column("remaining_commission", "open commission", "number"),
    Column("commission_asset", "in"),
)


class LotStatus(StrEnum):
    """Which lots to show."""

    open = "open"
    closed = "closed"
    all = "all"


def lots(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[LotStatus, typer.Option("--status", help="Which lots to show.")] = LotStatus.open,
    as_json: Json = False,
) -> None:
    """Show the lots, oldest first: what each fill opened and what is left of it. The next close takes the top one.

    A lot is identified by the fill that opened it. --since and --until speak of the time of entry.

    Examples: fifoledger lots --bot lxalgo_001; fifoledger lots --status all --symbol BTCUSDT --since 7d
    """
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "closed": status is LotStatus.closed,
    }
    query = Query("report_open_lots" if status is LotStatus.open else "report_lots", params)
    if as_json:
        print_json_rows(stream(query))
        return
    with database() as opened:
        rows = opened.query(query)
    if rows:
        output().print(table("Lots, oldest first", _COLUMNS, rows))
    else:
        output().print("No such lots." if status is not LotStatus.open else "No open lots.")
