from dataclasses import replace
from typing import Annotated

import typer

from ledger.cli.listing import SHOWN, list_latest
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, Wide, filters
from ledger.cli.tables import ACCOUNT, BOT, CATEGORY, COIN, SYMBOL, Column
from ledger.database import Query

_COLUMNS = (
    Column("exit_time", "exit (UTC)", "time"),
    replace(ACCOUNT, rank=9),
    BOT,
    replace(CATEGORY, rank=9),
    SYMBOL,
    Column("side", "was", "side", rank=2),
    Column("quantity", "quantity", "number"),
    Column("entry_price", "entry", "number", rank=3),
    Column("exit_price", "exit", "number", rank=3),
    Column("gross_pnl", "gross", "money", rank=5),
    Column("entry_commission", "entry fee", "number", rank=6),
    Column("exit_commission", "exit fee", "number", rank=6),
    Column("net_pnl", "net", "money"),
    COIN,
    Column("pnl_pct", "net %", "percent", rank=8),
    Column("holding_seconds", "held", "duration", rank=7),
    Column("exit_reason", "reason", rank=4),
)


def trades(
    *,
    bot: Bot = None,
    symbol: Symbol = None,
    account: Account = None,
    category: Category = None,
    since: Since = None,
    until: Until = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only this exit reason.", metavar="REASON")] = None,
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
    """Show completed trades in the order of their exits: each is one lot, or a part of it, closed by one fill.

    `was` is the side of the entry: Buy was a long. `net` is gross minus both commissions, in the coin beside it; a
    commission charged in another currency is shown in --json with its asset and not taken off. --since and --until
    speak of the time of exit.

    Examples:
      fifoledger trades --bot lxalgo_001 --since 24h
      fifoledger trades --json --since 2024-05-01 > may.json
    """
    if limit is None:
        limit = 0 if as_json else SHOWN
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "reason": reason,
        "limit": limit or None,
    }
    list_latest(
        Query("report_trades", params),
        _COLUMNS,
        title="Completed trades",
        nothing="No completed trades",
        wide=wide,
        as_json=as_json,
    )
