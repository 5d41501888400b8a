from enum import StrEnum
from typing import Annotated

import typer

from ledger.cli.listing import rows_of
from ledger.cli.nothing import require_known, say_nothing
from ledger.cli.opening import stream
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, Wide, filters
from ledger.cli.output import print_json_rows
from ledger.cli.tables import ACCOUNT, BOT, CATEGORY, POSITION_IDX, SYMBOL, Column, show
from ledger.database import Query

_COLUMNS = (
    ACCOUNT,
    BOT,
    CATEGORY,
    SYMBOL,
    POSITION_IDX,
    Column("entry_id", "lot", rank=4),
    Column("side", "side", "side"),
    Column("entry_price", "entry price", "number"),
    Column("original_qty", "original", "number", rank=3),
    Column("remaining_qty", "remaining", "number"),
    Column("status", "status", rank=5),
    Column("entry_time", "entry (UTC)", "time", rank=2),
    Column("remaining_commission", "open commission", "number", rank=6),
    Column("commission_asset", "in", rank=6),
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
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Show the lots, oldest first: what each fill opened and what is left of it. The next close takes the top one.

    A lot is identified by the fill that opened it. --since and --until speak of the time of entry.

    Examples:
      fifoledger lots --bot lxalgo_001
      fifoledger lots --status all --symbol BTCUSDT --since 7d
    """
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "closed": status is LotStatus.closed,
    }
    query = Query("report_open_lots" if status is LotStatus.open else "report_lots", params)
    if as_json:
        print_json_rows(stream(query, or_else=require_known))
        return
    rows = rows_of(query)
    if rows:
        show("Lots, oldest first", _COLUMNS, rows, wide=wide)
    else:
        what = {"open": "No open lots", "closed": "No closed lots", "all": "No lots"}[status]
        say_nothing(what, params | {"closed": None})
