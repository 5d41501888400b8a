from typing import Annotated

import typer

from ledger.cli.grouping import CashBy, dimensions, group_columns
from ledger.cli.listing import rows_of
from ledger.cli.nothing import say_nothing
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, Wide, filters
from ledger.cli.output import amounts, print_json
from ledger.cli.tables import Column, show
from ledger.database import Query

_COLUMNS = (
    Column("coin", "coin", shared=True),
    Column("trades", "trades", "count"),
    Column("gross", "gross", "money", rank=2),
    Column("commissions", "commissions", "number", rank=3),
    Column("funding", "funding", "number", rank=4),
    Column("net", "net", "money"),
)
_UNPRICED = Column("unpriced_trades", "P&L unknown", "count", usual=0)
_OTHER = Column("other", "other commissions", usual=None, rank=5)


def pnl(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[
        list[CashBy] | None,
        typer.Option("--by", help="Group by this; may be repeated. Default: bot and symbol.", show_default=False),
    ] = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Show realised P&L: net = gross − commissions − funding, one line for each coin that it is settled in.

    Different coins are never added. Commissions and funding are costs: positive was paid, negative received.
    Commissions charged in another currency (MNT, BNB …) stand apart and are not in net. Counted are trades closed and
    cash moved from --since to --until; commissions of what is still open count when it is closed.

    Examples:
      fifoledger pnl --since 2024-05-01 --until 2024-06-01
      fifoledger pnl --by day --bot lxalgo_001
      fifoledger pnl --by total
    """
    by = by or [CashBy.bot, CashBy.symbol]
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "by": dimensions(by),
    }
    rows = rows_of(Query("report_pnl", params))
    if as_json:
        print_json({"by": by, "pnl": rows})
        return
    if not rows:
        say_nothing("No realised P&L", params | {"by": None})
        return
    shown = [{**row, "other": amounts(row["other_commissions"])} for row in rows]
    columns = [*group_columns(by), *_COLUMNS, _UNPRICED, _OTHER]
    show("Realised P&L", columns, shown, wide=wide)
