"""Executions that were booked before their order was known, and belong to another bot by what is known of it now."""

from collections import defaultdict
from datetime import datetime, timedelta

from ledger import AsyncLedgerClient
from ledger.errors import InsufficientPositionError
from reconcile.exchange import Exchange
from reconcile.startup.booking import Booker
from reconcile.startup.report import Finding
from reconcile.startup.store import Store

# Bybit shows an order within seconds, its history within minutes. What is not found in a day is not looked for again.
_LOOKED_FOR = timedelta(days=1)
_LOOKED_AT = timedelta(days=7)


async def reassign(
    exchange: Exchange, store: Store, client: AsyncLedgerClient, booker: Booker, now: datetime
) -> list[Finding]:
    """Asks again for orders that nobody knew, and books their executions in their bots' books; says what was moved.

    Raises ExchangeError.
    """
    unseen: dict[str, list[str]] = defaultdict(list)
    for row in await store.rows("unseen_orders", since=now - _LOOKED_FOR):
        unseen[row["category"]].append(row["order_id"])
    for category, order_ids in unseen.items():
        if category in exchange.categories:
            await booker.keep_orders(await exchange.orders_by_id(category, order_ids))
    moved = []
    for row in await store.rows("misplaced_fills", since=now - _LOOKED_AT):
        owner = await client.acting_for(row["owner"])
        line = {name: row[name] for name in ("category", "symbol", "position_idx")}
        kind, rule = "reassigned", "the order is the bot's, which was not known when the execution was booked"
        try:
            if not await owner.reassign_fill(row["fill_id"], **line):
                continue
        except InsufficientPositionError as refusal:
            kind, rule = "wrong_book", f"the order is of {row['owner']}, and its book does not take the fill: {refusal}"
        moved.append(
            Finding(
                kind=kind,
                rule=rule,
                **line,
                bot_id=row["owner"],
                ledger={"was in the book of": row["bot_id"]},
                venue={"exec_id": row["exec_id"], "side": row["side"], "qty": f"{row['exec_qty']:f}"},
            )
        )
    return moved
