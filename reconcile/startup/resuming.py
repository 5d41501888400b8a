"""What a run booked that was killed before it could say so: the next one says it."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ledger.fill import CASH_TYPES
from reconcile.startup.adjusting import adjusted
from reconcile.startup.booking import Booked, BookKey
from reconcile.startup.comparing import key_of
from reconcile.startup.report import ComparedLine, Finding
from reconcile.startup.store import BookLine, Store


@dataclass
class Resumed:
    """The books as they were before, and adjustments: the book, the id, and by how much it moved."""

    lines: list[BookLine]
    adjustments: list[tuple[BookKey, str, Decimal]] = field(default_factory=list)

    def adjusted(self, lines: Sequence[ComparedLine]) -> list[Finding]:
        """What is to be told of those adjustments that have brought their line where the venue is."""
        compared = {line.key: line for line in lines}
        return [
            adjusted(compared[key[1:]], key[0], exec_id, by=by)
            for key, exec_id, by in sorted(self.adjustments, key=lambda made: made[0][1:])  # as lines are told
            if key[1:] in compared and not compared[key[1:]].difference
        ]


async def resume(store: Store, last: Mapping[str, Any] | None, booked: Booked, lines: Sequence[BookLine]) -> Resumed:
    """Counts as booked by this run what it takes over: what was booked since the `last` one."""
    moved: dict[BookKey, Decimal] = defaultdict(Decimal)
    resumed = Resumed([])
    for row in await store.rows("unreported", journals=told_of(last)):
        key = row["bot_id"], row["category"], row["symbol"], row["position_idx"]
        moved[key] += row["moved"]
        if row["adjustment"]:
            resumed.adjustments.append((key, row["adjustment"], row["moved"]))
        if row["imported"]:
            booked.imported[row["exec_type"]] += row["imported"]
            if row["exec_type"] not in CASH_TYPES:
                booked.reasons[key].add(row["close_reason"])
    # Book_seq −1: whoever compares it later sees that the book has changed.
    resumed.lines = [
        replace(line, qty=(line.qty - moved[key_of(line)]).normalize(), book_seq=-1) if key_of(line) in moved else line
        for line in lines
    ]
    return resumed


def journals_of(lines: Sequence[BookLine]) -> dict[str, tuple[int, int]]:
    """How far the journals of each book go, of fills and of cash, by its id."""
    return {str(line.book_id): (line.book_seq, line.cash_seq) for line in lines}


def with_cash(journals: Mapping[str, tuple[int, int]], lines: Sequence[BookLine]) -> dict[str, tuple[int, int]]:
    """The same with the cash of these lines: fills that were booked meanwhile are not told yet."""
    now = journals_of(lines)
    return {book: (journals.get(book, (0, 0))[0], at[1]) for book, at in now.items()}


def told_of(last: Mapping[str, Any] | None) -> str:
    """The same, as JSON, as the last report had it: how far what was booked has been told of."""
    return json.dumps((last["compared"] or {}).get("journals", {}) if last else {})
