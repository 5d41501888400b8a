"""What a run booked that was killed before it could say so: the next one says it."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ledger.fill import CASH_TYPES
from reconcile.startup.booking import Booked, BookKey
from reconcile.startup.comparing import key_of
from reconcile.startup.store import BookLine, Store


async def resume(store: Store, booked: Booked, lines: Sequence[BookLine]) -> list[BookLine]:
    """Counts it as booked by this run; answers the books as they were before it."""
    last = await store.last_run()
    journals: Mapping[str, Any] = (last["compared"] or {}).get("journals", {}) if last else {}
    moved: dict[BookKey, Decimal] = defaultdict(Decimal)
    for row in await store.rows("unreported", journals=json.dumps(journals)):
        key = row["bot_id"], row["category"], row["symbol"], row["position_idx"]
        moved[key] += row["moved"]
        if row["imported"]:
            booked.imported[row["exec_type"]] += row["imported"]
            if row["exec_type"] not in CASH_TYPES:
                booked.reasons[key].add(row["close_reason"])
    # Book_seq −1: whoever compares it later sees that the book has changed.
    return [
        replace(line, qty=line.qty - moved[key_of(line)], book_seq=-1) if key_of(line) in moved else line
        for line in lines
    ]


def journals_of(lines: Sequence[BookLine]) -> dict[str, tuple[int, int]]:
    """How far the journals of each book go, of fills and of cash, by its id."""
    return {str(line.book_id): (line.book_seq, line.cash_seq) for line in lines}
