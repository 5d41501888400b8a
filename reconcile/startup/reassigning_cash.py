"""Cash that was booked before it was known who had the position, and belongs to another bot by what is known now."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ledger import AsyncLedgerClient
from ledger.errors import ConflictingFillError
from reconcile.startup.owners import owner_by_lots, shared_funding
from reconcile.startup.report import Finding
from reconcile.startup.store import Moment, Store

_RULE = "cash is the one bot's who had the position, else external's; not all fills were known when it was booked"


async def reassign_cash(store: Store, client: AsyncLedgerClient, journals: str) -> list[Finding]:
    """Looks again at cash of which more is known since `journals`, as `told_of` answers them; says what was moved.

    Where by what is known nobody had anything, it stays.
    """
    asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in await store.rows("misplaced_cash", journals=journals):
        asked[row["category"]].append(row)
    found = []
    for category, rows in asked.items():
        moments = [Moment(*(row[n] for n in ("symbol", "position_idx", "exec_time", "seq", "exec_id"))) for row in rows]
        for row, held in zip(rows, await store.open_at(category, moments), strict=True):
            owner = owner_by_lots(held, None)
            if not held or owner == row["bot_id"]:
                continue
            finding = await _move(client, row, owner)
            if finding is not None:
                found.append(finding)
                if len(held) > 1 and not finding.is_problem:
                    line = category, row["symbol"], row["position_idx"]
                    found.append(shared_funding(line, row["exec_id"], row["amount"], held))
    return found


async def _move(client: AsyncLedgerClient, row: Mapping[str, Any], bot_id: str) -> Finding | None:
    """None if the payment does not count any more."""
    owner = await client.acting_for(bot_id)
    kind, rule = "reassigned", _RULE
    try:
        if not await owner.reassign_cash(row["exec_id"], category=row["category"]):
            return None
    except ConflictingFillError as conflict:
        kind, rule = "wrong_book", f"{rule}, and the book of {bot_id} does not take it: {conflict}"
    return Finding(
        kind=kind,
        rule=rule,
        category=row["category"],
        symbol=row["symbol"],
        position_idx=row["position_idx"],
        bot_id=bot_id,
        ledger={"was in the book of": row["bot_id"]},
        venue={"exec_id": row["exec_id"], "amount": f"{row['amount']:f}"},
    )
