"""Opening balances: what a book held before the first fill that is known of it.

Its identity is its book, so that the same row comes in once, and another one for the same book is a conflict. Without
a time of its own it stands one millisecond, the least step of a venue's time, before the book's first fill.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from reconcile.history.rows import Reject
from reconcile.history.staging import Staging
from reconcile.history.writing import Target

_BEFORE = 1_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def date_openings(target: Target, staging: Staging) -> bool:
    """Gives each staged opening balance its time and refuses those that are not before their book's first fill.

    Answers whether there are any; then the rows have to be sorted again.
    """
    openings = staging.openings()
    if not openings:
        return False
    asked = {f"{name}s": [row[name] for row in openings] for name in ("exec_id", "bot_id", "symbol", "position_idx")}
    found = target.ask("import_openings", categories=[row["category"] for row in openings], **asked)
    known = {(row["category"], row["exec_id"]): row for row in found}
    refused: list[Reject] = []
    dated = []
    for row in openings:
        time, reason = _time(row, known[row["category"], row["exec_id"]])
        if reason is not None:
            given = None if row["exec_time"] is None else _written(row["exec_time"])
            refused.append(Reject(row["origin"], row["line"], "exec_time", given, reason))
        dated.append({**row, "exec_time": time, "refused": reason is not None})
    staging.reject(refused)
    staging.date_openings(dated)
    return True


def _time(row: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """The opening's time in microseconds, or why it has none."""
    given, opened = row["exec_time"], known["opened"]
    if opened is not None and given in {None, opened}:
        return opened, None  # the ledger has it, whatever came before it since
    firsts = [time for time in (row["first_time"], known["first_time"]) if time is not None]
    if given is None:
        return (min(firsts) - _BEFORE, None) if firsts else (None, "given: the book has no fill that it could precede")
    if firsts and given >= min(firsts):
        return None, f"before the first fill of the book, which is at {_written(min(firsts))}"
    return given, None


def _written(microseconds: int) -> str:
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat()
