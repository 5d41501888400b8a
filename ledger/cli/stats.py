from typing import Annotated

import typer

from ledger.cli.grouping import By, dimensions, group_columns
from ledger.cli.listing import rows_of
from ledger.cli.nothing import say_nothing
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, Wide, filters
from ledger.cli.output import amounts, print_json
from ledger.cli.tables import Column, show
from ledger.database import Query

_COLUMNS = (
    Column("coin", "coin", shared=True),
    Column("trades", "trades", "count"),
    Column("win_rate_pct", "won", "percent"),
    Column("average_win", "avg win", "money", rank=3),
    Column("average_loss", "avg loss", "money", rank=3),
    Column("profit_factor", "profit factor", "number", rank=2),
    Column("average_trade", "avg trade", "money", rank=6),
    Column("fees", "fees", "number", rank=4),
    Column("net_pnl", "net", "money"),
    Column("best", "best", "money", rank=5),
    Column("worst", "worst", "money", rank=5),
    Column("average_holding_seconds", "avg held", "duration", rank=7),
    Column("median_holding_seconds", "median held", "duration", rank=8),
)
_UNPRICED = Column("unpriced_trades", "P&L unknown", "count", usual=0)
_OTHER = Column("other", "other fees", usual=None, rank=4)


def stats(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[
        list[By] | None,
        typer.Option("--by", help="Group by this; may be repeated. Default: bot.", show_default=False),
    ] = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Show how closed trades went: how many, share won, average win and loss, profit factor, fees, net, holding time.

    A trade is won if its net P&L is above zero and lost if it is below. The profit factor is the sum of all wins by
    the sum of all losses (none without a loss). Days are those of the exit, in UTC. Each settle coin has its own
    line: different coins are never added. Trades whose P&L is unknown are counted apart and not averaged.

    Examples:
      fifoledger stats
      fifoledger stats --by reason --bot lxalgo_001 --since 30d
      fifoledger stats --by bot --by day
    """
    by = by or [By.bot]
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "by": dimensions(by),
    }
    rows = rows_of(Query("report_stats", params))
    for row in rows:
        row["reason"] = row["reason"] or None  # closed without a reason given
    if as_json:
        print_json({"by": by, "stats": rows})
        return
    if not rows:
        say_nothing("No completed trades", params | {"by": None})
        return
    shown = [{**row, "other": amounts(row["other_fees"])} for row in rows]
    columns = [*group_columns(by), *_COLUMNS, _UNPRICED, _OTHER]
    show("Closed trades", columns, shown, wide=wide)
