from typing import Annotated

import typer

from ledger.cli.opening import database, stream
from ledger.cli.options import Account, Bot, Category, Json, Since, Symbol, Until, filters
from ledger.cli.output import Column, output, print_json_rows, table
from ledger.database import Query

_SHOWN = 50
_COLUMNS = (
    Column("exit_time", "exit (UTC)", "time"),
    Column("bot_id", "bot"),
    Column("symbol", "symbol"),
    Column("side", "was", "side"),
    Column("quantity", "quantity", "number"),
    Column("entry_price", "entry", "number"),
    Column("exit_price", "exit", "number"),
    Column("gross_pnl", "gross", "money"),
    Column("entry_commission", "entry fee", "number"),
    Column("exit_commission", "exit fee", "number"),
    Column("net_pnl", "net", "money"),
    Column("settle_coin", "coin"),
    Column("pnl_pct", "net %", "percent"),
    Column("holding_seconds", "held", "duration"),
    Column("exit_reason", "reason"),
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
            "--limit", "-n", min=0, help="Only the latest N; 0 means all. Default: 50, all with --json.", metavar="N"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show completed trades in the order of their exits: each is one lot, or a part of it, closed by one fill.

    `was` is the side of the entry: Buy was a long. `net` is gross minus both commissions, in the coin beside it; a
    commission charged in another currency is shown in --json with its asset and not taken off. --since and --until
    speak of the time of exit.

    Examples: fifoledger trades --bot lxalgo_001 --since 24h; fifoledger trades --json --since 2024-05-01 > may.json
    """
    if limit is None:
        limit = 0 if as_json else _SHOWN
    params = {
        **filters(bot=bot, symbol=symbol, account=account, category=category, since=since, until=until),
        "reason": reason,
        "limit": limit or None,
    }
    query = Query("report_trades", params)
    if as_json:
        print_json_rows({name: value for name, value in row.items() if name != "total"} for row in stream(query))
        return
    with database() as opened:
        rows = opened.query(query)
    if rows:
        output().print(table("Completed trades", _COLUMNS, rows))
        if rows[0]["total"] > len(rows):
            output().print(f"The latest {len(rows)} of {rows[0]['total']:,}; --limit 0 shows all.", style="dim")
    else:
        output().print("No completed trades.")
