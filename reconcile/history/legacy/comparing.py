"""Compares what an earlier system booked with the ledger, book by book."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from reconcile.history.legacy.booked import findings_of
from reconcile.history.legacy.finding import Finding
from reconcile.history.legacy.reading import Snapshot, snapshot
from reconcile.history.legacy.report import BookComparison, Comparison, Totals
from reconcile.history.legacy.tallying import Course, Largest, Sums
from reconcile.history.legacy.values import Book, exactly
from reconcile.history.legacy.wording import described

TOLERANCE_SECONDS = Decimal(5)
KEPT = 1000
_UNEXPLAINED_KEPT = 200


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is compared; None means any.

    Attributes:
        since, until: bounds of the exits; default: from the earlier system's first exit of each bot to its last one.
        tolerance: how far apart the two may see an exit that no order id names.
        keep: how many of the differences the comparison lists, the largest ones; None: all of them.
    """

    account: str | None = None
    bot: str | None = None
    symbol: str | None = None
    category: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    tolerance: timedelta = timedelta(seconds=float(TOLERANCE_SECONDS))
    keep: int | None = KEPT

    @property
    def filters(self) -> dict[str, str]:
        """Those that were given, as text."""
        given = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in {"tolerance", "keep"}}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in given.items()
            if value is not None
        }


def compare(
    database_url: str, wanted: Wanted | None = None, progress: Callable[[int, int], None] | None = None
) -> Comparison:
    """The comparison, on one snapshot of the database; `progress` is told the books done and those there are.

    Needs memory for the exits of the largest book, some kilobytes each, whatever the number of books. Raises the
    errors of `ledger.errors` where the database does not answer.
    """
    chosen = wanted or Wanted()
    with snapshot(database_url) as reader, exactly():
        books = reader.books(
            account=chosen.account,
            bot=chosen.bot,
            symbol=chosen.symbol,
            category=chosen.category,
            source=chosen.source,
        )
        made = _Made(chosen)
        for number, book in enumerate(books):
            if progress is not None:
                progress(number, len(books))
            made.add(reader, book)
        return made.comparison()


class _Made:
    """The comparison as it grows."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._books: list[BookComparison] = []
        self._coins: dict[str, Sums] = {}
        self._courses: dict[str, Course] = {}
        self._sources: set[str] = set()
        self._worst: Largest[Finding] = Largest(wanted.keep)
        self._unexplained: Largest[Finding] = Largest(_UNEXPLAINED_KEPT)

    def add(self, reader: Snapshot, book: Book) -> None:
        """Compares one book."""
        wanted = self._wanted
        sums = Sums(book.settle_coin)
        course = self._courses.setdefault(book.settle_coin, Course())
        found = findings_of(
            book,
            fills=lambda: reader.fills(book),
            trades=reader.trades(book, wanted.source),
            since=wanted.since,
            until=wanted.until,
            tolerance=wanted.tolerance,
        )
        for finding in found.findings:
            sums.add(
                old=finding.old, ours=finding.ours, rows=finding.rows, is_exit=finding.is_exit, parts=finding.parts
            )
            course.add(finding.time, finding.old, finding.ours)
            self._keep(finding)
        self._sources.update(book.sources)
        self._add_totals(book, found.left_out, sums.totals())

    def _keep(self, finding: Finding) -> None:
        if not finding.parts:
            return
        self._worst.add(finding.book.settle_coin, abs(finding.amount), finding)
        if finding.is_unexplained:
            self._unexplained.add(finding.book.settle_coin, abs(finding.amount), finding)

    def _add_totals(self, book: Book, left_out: int, totals: Totals) -> None:
        if not totals.exits and not totals.old_trades:
            return
        self._coins.setdefault(book.settle_coin, Sums(book.settle_coin)).merge(totals)
        self._books.append(
            BookComparison(
                account=book.account,
                bot_id=book.bot_id,
                category=book.category,
                symbol=book.symbol,
                position_idx=book.position_idx,
                since=self._wanted.since or book.since,
                until=self._wanted.until or book.until,
                left_out=left_out,
                totals=totals,
            )
        )

    def comparison(self) -> Comparison:
        """All of it, once every book is compared."""
        tolerance = self._wanted.tolerance / timedelta(microseconds=1)
        return Comparison(
            compared_at=datetime.now(UTC),
            filters=self._wanted.filters,
            sources=tuple(sorted(self._sources)),
            tolerance_seconds=Decimal(round(tolerance)).scaleb(-6).normalize(),
            coins=tuple(sums.totals() for _, sums in sorted(self._coins.items())),
            books=tuple(self._books),
            courses={coin: course.moments() for coin, course in sorted(self._courses.items()) if coin in self._coins},
            differing=self._worst.seen,
            worst=tuple(map(described, self._worst.items())),
            unexplained=tuple(map(described, self._unexplained.items())),
        )
