"""What an import did to each book."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reconcile.history.chunk import Outcome
from reconcile.history.held import KEY
from reconcile.history.report import BookReport
from reconcile.history.staging import Staging
from reconcile.history.writing import Target

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def book_reports(target: Target, staging: Staging, outcome: Outcome) -> tuple[BookReport, ...]:
    """One report for each book that rows of fills came for, as the database has it now."""
    before: dict[int, Mapping[str, Any]] = {}
    for book in outcome.books:
        before.setdefault(book["book_id"], book)
    rows = target.ask("import_books_after", book_ids=list(before))
    after = {tuple(row[name] for name in KEY): row for row in rows}
    reports = []
    for times in staging.book_times():
        row = after.get(tuple(times[name] for name in KEY))
        if row is None:
            continue  # nothing of it was booked
        book_id = row["book_id"]
        reports.append(BookReport(
            bot_id=row["bot_id"], category=row["category"], symbol=row["symbol"], position_idx=row["position_idx"],
            book_id=book_id, fills=outcome.written.by_book.get(book_id, 0),
            first_time=_moment(times["first_time"]), last_time=_moment(times["last_time"]),
            longest_gap_seconds=Decimal(times["longest_gap"] or 0) / 1_000_000,
            net_pnl_before=before[book_id]["realized_net"], net_pnl_after=row["realized_net"],
            settle_coin=row["settle_coin"], side=row["side"], size=row["size"],
            short_qty=outcome.written.shorts.get(book_id, Decimal()), rebuilt=book_id in outcome.written.rebuilt,
        ))  # fmt: skip
    return tuple(reports)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
