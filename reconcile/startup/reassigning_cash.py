"""Cash that was booked before it was known who had the position, and belongs to another bot by what is known now."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ledger import AsyncLedgerClient
from ledger.errors import ConflictingFillError
from reconcile.startup.owners import owner_by_lots, shared_funding
from reconcile.startup.report import Finding
from reconcile.startup.store import Store

_RULE = "cash is the one bot's who had the position, else external's; not all fills were known when it was booked"


async def reassign_cash(store: Store, client: AsyncLedgerClient, journals: str) -> list[Finding]:
    """Looks again at cash of which more is known since `journals`, as `told_of` answers them.

    Says what was moved since, by a run that was killed too, and what could not be.
    """
    found = []
    for row in await store.rows("misplaced_cash", journals=journals):
        held = {bot: Decimal(qty) for bot, qty in row["held"].items()}
        owner = owner_by_lots(held, None)
        if owner == row["bot_id"]:
            continue
        owning = await client.acting_for(owner)
        try:
            moved = await owning.reassign_cash(row["exec_id"], category=row["category"], source="reconciler")
        except ConflictingFillError as conflict:
            rule = f"{_RULE}, and the book of {owner} does not take it: {conflict}"
            found.append(_finding("wrong_book", rule, row, owner, row["bot_id"]))
            continue
        if moved and len(held) > 1:
            line = row["category"], row["symbol"], row["position_idx"]
            found.append(shared_funding(line, row["exec_id"], row["amount"], held))
    moves = await store.rows("moved_cash", journals=journals)
    return [_finding("reassigned", _RULE, row, row["bot_id"], row["was"]) for row in moves] + found


def _finding(kind: str, rule: str, row: Mapping[str, Any], bot_id: str, was: str) -> Finding:
    return Finding(
        kind=kind,
        rule=rule,
        category=row["category"],
        symbol=row["symbol"],
        position_idx=row["position_idx"],
        bot_id=bot_id,
        ledger={"was in the book of": was},
        venue={"exec_id": row["exec_id"], "amount": f"{row['amount']:f}"},
    )
