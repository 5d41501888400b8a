"""Proves books: everything derived again from the journal by the second route, and what readers of the cache see.

The comparison runs in PostgreSQL, which answers with differences alone, so that a book of a million fills needs no
memory here. Each book is one statement on one snapshot: bots may go on writing meanwhile. Several books are checked at
once, each on a connection of its own.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.pool import ThreadPool
from types import TracebackType
from typing import Self

from redis.exceptions import RedisError

from ledger.cache import position_key
from ledger.cache.audit import Audit, CacheAuditor, EntryState
from ledger.database import Database, Query
from ledger.settings import Settings
from ledger.values import Position

# A large book may take longer than a bot's statement ever should.
DEFAULT_TIMEOUT_SECONDS = 3600.0
DEFAULT_DIFFERENCES = 100
DEFAULT_JOBS = 2
_CACHE_BATCH = 500
_EXTERNAL = "external"


@dataclass(frozen=True, kw_only=True)
class BookFilter:
    """Which books are meant; None means any."""

    account: str | None = None
    bot: str | None = None
    symbol: str | None = None
    category: str | None = None
    book: int | None = None


@dataclass(frozen=True)
class BookRef:
    """One book: its name and how long its journals are."""

    account: str
    account_id: int
    book_id: int
    bot_id: str
    category: str
    symbol: str
    position_idx: int
    book_seq: int
    cash_seq: int

    @property
    def cache_key(self) -> str | None:
        """Its key in Redis; None for the books of `external`, which are not cached."""
        if self.bot_id == _EXTERNAL:
            return None
        return position_key(self.bot_id, self.category, self.symbol, self.position_idx)


@dataclass(frozen=True)
class Difference:
    """Something stored that is not what the journal says.

    `subject` is what differs (fill, void, cash, lot, trade, book, invariant, cache), `item` its id or key, `field`
    its column, "row" where a whole row is missing on one side, "derivation" where the values allow no computation.
    """

    subject: str
    item: str
    field: str
    stored: str | None
    derived: str | None


@dataclass(frozen=True)
class BookResult:
    """What a check found. `differences` are the first of `total`; `cache` is None if the cache was not looked at."""

    book: BookRef
    differences: tuple[Difference, ...]
    total: int
    seconds: float
    cache: EntryState | None = None

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return self.total == 0


@dataclass(frozen=True)
class Stray:
    """A row that is in no book, or in a wrong one."""

    account: str
    difference: Difference


@dataclass(frozen=True)
class Strays:
    """What was found outside its book. `found` are the first of `total`."""

    found: tuple[Stray, ...] = ()
    total: int = 0

    @property
    def ok(self) -> bool:
        """Whether every row is where it belongs."""
        return self.total == 0


class Verifier:
    """Checks the books of one database.

    Args:
        settings: with a database in them. A Redis in them is checked too.
        timeout: seconds that the check of one book may take.
        most_differences: how many differences of a book are fetched; all are counted.
        jobs: how many books are checked at once, and connections opened for it.

    After `run`, `cache_problem` says why the cache was not checked, None if it was, or if there is none.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        most_differences: int = DEFAULT_DIFFERENCES,
        jobs: int = DEFAULT_JOBS,
    ) -> None:
        self._database = Database(settings.model_copy(update={"statement_timeout": timeout, "pool_size": jobs}))
        self._most = most_differences
        self._jobs = jobs
        self._cache = CacheAuditor(settings) if settings.redis_url is not None else None
        self.cache_problem: str | None = None

    def books(self, wanted: BookFilter | None = None) -> list[BookRef]:
        """The books that `wanted` describes, in a stable order.

        Raises DatabaseUnavailableError, SchemaError and PermissionDeniedError, as do the methods below.
        """
        return list_books(self._database, wanted or BookFilter())

    def run(self, books: Sequence[BookRef]) -> Iterator[BookResult]:
        """Checks the books and yields what it finds, in their order.

        Whoever stops before the end need not wait for the books in hand: their threads are daemons.
        """
        with ThreadPool(self._jobs, _name_thread) as pool:
            for start in range(0, len(books), _CACHE_BATCH):
                part = books[start : start + _CACHE_BATCH]
                audits = self._audit(part)
                for result in pool.imap(self._check, part):
                    yield _with_audit(result, audits.get(result.book.cache_key or ""))

    def strays(self, account: str | None = None) -> Strays:
        """Rows of an account, or of all, that name another book than the one that their fill belongs to.

        No book's own check need see them. One pass over the tables; at most `most_differences` are fetched. A login
        that is a bot's alone is told nothing.
        """
        rows = self._database.query(Query("verify_strays", {"account": account, "limit": self._most}))
        found = tuple(
            Stray(r["account"], Difference(r["subject"], r["item"], r["field"], r["stored"], r["derived"]))
            for r in rows
        )
        return Strays(found, rows[0]["total"] if rows else 0)

    def _check(self, book: BookRef) -> BookResult:
        started = time.monotonic()
        rows = self._database.query(
            Query(
                "verify_book",
                {"account_id": book.account_id, "book_id": book.book_id, "limit": self._most},
            )
        )
        found = tuple(Difference(r["subject"], r["item"], r["field"], r["stored"], r["derived"]) for r in rows)
        return BookResult(book, found, rows[0]["total"] if rows else 0, time.monotonic() - started)

    def _audit(self, books: Sequence[BookRef]) -> dict[str, Audit]:
        """What the cache says of these books, by key."""
        cached = {book.cache_key: book for book in books if book.cache_key is not None}
        if not cached or self._cache is None or self.cache_problem is not None:
            return {}
        try:
            return self._cache.audit(
                self._positions(cached.values()), lambda keys: self._positions(cached[key] for key in keys)
            )
        except (RedisError, OSError) as error:
            # What does not answer misleads nobody: readers go to PostgreSQL.
            self.cache_problem = f"Redis did not answer ({type(error).__name__})"
            return {}

    def _positions(self, books: Iterable[BookRef]) -> dict[str, Position]:
        """The positions in PostgreSQL, by their keys in the cache."""
        keys: dict[int, dict[int, str]] = {}
        for book in books:
            keys.setdefault(book.account_id, {})[book.book_id] = str(book.cache_key)
        found = {}
        for account_id, by_book in keys.items():
            params = {"account_id": account_id, "book_ids": list(by_book)}
            for row in self._database.query(Query("positions_of_books", params)):
                found[by_book[row["book_id"]]] = Position.from_row(row["position"])
        return found

    def close(self) -> None:
        """Closes all connections."""
        self._database.close()
        if self._cache is not None:
            self._cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def list_books(database: Database, wanted: BookFilter) -> list[BookRef]:
    """The books that `wanted` describes, in a stable order."""
    params = {
        "account": wanted.account,
        "bot": wanted.bot,
        "symbol": wanted.symbol,
        "category": wanted.category,
        "book": wanted.book,
    }
    return [BookRef(**row) for row in database.query(Query("report_books", params))]


def _with_audit(result: BookResult, audit: Audit | None) -> BookResult:
    if audit is None:
        return result
    found = tuple(
        Difference("cache", result.book.cache_key or "", d.field, d.cached, d.expected) for d in audit.differences
    )
    return replace(
        result,
        differences=result.differences + found,
        total=result.total + len(found),
        cache=audit.state,
    )


def _name_thread() -> None:
    threading.current_thread().name = "fifoledger-verify"  # as a profiler shows it
