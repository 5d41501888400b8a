"""Executions that were booked before it was known whose they are, and belong to another bot by what is known now."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ledger import AsyncLedgerClient
from ledger.errors import InsufficientPositionError
from ledger.session import EXTERNAL
from reconcile.exchange import Exchange
from reconcile.startup.booking import Booker
from reconcile.startup.owners import owner_by_lots
from reconcile.startup.report import Finding
from reconcile.startup.store import Moment, Store

# Bybit shows an order within seconds, its history within minutes. What is not found in a day is not looked for again.
_LOOKED_FOR = timedelta(days=1)
_LOOKED_AT = timedelta(days=7)
_OF_ITS_ORDER = "the order is the bot's, which was not known when the execution was booked"
_OF_ITS_LOTS = (
    "an exit of the venue is the one bot's whose lots it closes, else external's;"
    " not all lots were known when it was booked"
)


async def reassign(
    exchange: Exchange, store: Store, client: AsyncLedgerClient, booker: Booker, now: datetime
) -> list[Finding]:
    """Asks again for orders that nobody knew, and books executions in their bots' books; says what was moved.

    Raises ExchangeError.
    """
    unseen: dict[str, list[str]] = defaultdict(list)
    for row in await store.rows("unseen_orders", since=now - _LOOKED_FOR):
        unseen[row["category"]].append(row["order_id"])
    for category, order_ids in unseen.items():
        if category in exchange.categories:
            await booker.keep_orders(await exchange.orders_by_id(category, order_ids))
    since = now - _LOOKED_AT
    moved = [
        await _move(client, row, row["owner"], _OF_ITS_ORDER)
        for row in await store.rows("misplaced_fills", since=since)
    ]
    exits = await _venue_exits(store, client, since)
    while any(finding and not finding.is_problem for finding in exits):  # to whom a later one belongs may have changed
        moved += [finding for finding in exits if finding and not finding.is_problem]
        exits = await _venue_exits(store, client, since)
    return [finding for finding in moved + exits if finding]


async def _venue_exits(store: Store, client: AsyncLedgerClient, since: datetime) -> list[Finding | None]:
    """Fills may be told after an exit of the venue that closes them: whose lots it closed is looked at again."""
    moved = []
    owners: dict[tuple[str, str], str] = {}
    rows = await store.rows("venue_exits", since=since)
    adjusted = await store.adjustments() if rows else {}
    for row in rows:
        order = row["category"], row["of_order"]
        if order not in owners:
            # Without an execution id the moment is just before it: it does not count as what was open.
            before = Moment(row["symbol"], row["position_idx"], row["exec_time"], row["seq"], "")
            is_adjusted = (row["category"], row["symbol"], row["position_idx"]) in adjusted
            owners[order] = await _owner_at(store, row["category"], before, row["side"], is_adjusted=is_adjusted)
        # Whoever closes a hedge leg closes lots of somebody's: where nobody can tell whose, it stays where it fitted.
        if owners[order] != row["bot_id"] and not (owners[order] == EXTERNAL and row["position_idx"]):
            moved.append(await _move(client, row, owners[order], _OF_ITS_LOTS))
    return moved


async def _owner_at(store: Store, category: str, before: Moment, side: str, *, is_adjusted: bool) -> str:
    """Whose lots an exit closed. What an adjustment opened stands for what was not known, and is nobody's beside it."""
    if is_adjusted:
        known = (await store.open_at(category, [before], adjusted=False))[0]
        if (owner := owner_by_lots(known, side)) != EXTERNAL:
            return owner
    return owner_by_lots((await store.open_at(category, [before]))[0], side)


async def _move(client: AsyncLedgerClient, row: Mapping[str, Any], bot_id: str, rule: str) -> Finding | None:
    """None if the fill does not count any more."""
    owner = await client.acting_for(bot_id)
    line = {name: row[name] for name in ("category", "symbol", "position_idx")}
    kind = "reassigned"
    try:
        if not await owner.reassign_fill(row["fill_id"], **line):
            return None
    except InsufficientPositionError as refusal:
        kind, rule = "wrong_book", f"{rule}, and the book of {bot_id} does not take the fill: {refusal}"
    return Finding(
        kind=kind,
        rule=rule,
        **line,
        bot_id=bot_id,
        ledger={"was in the book of": row["bot_id"]},
        venue={"exec_id": row["exec_id"], "side": row["side"], "qty": f"{row['exec_qty']:f}"},
    )
