"""Booking what is staged: in transactions of many small books, or of parts of a large one, on several connections."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event

import psycopg
import pyarrow as pa
from psycopg.errors import UniqueViolation
from tenacity import RetryCallState, Retrying, retry, retry_if_exception_type, stop_after_attempt

from ledger.cache import Cache
from ledger.database.connecting import retry_policy
from ledger.settings import Settings
from reconcile.history.ahead import Ahead, Prepared, prepare, standing, write
from reconcile.history.announcing import Announcer
from reconcile.history.chunk import Chunk, Outcome, book_cash, book_fills
from reconcile.history.held import Held
from reconcile.history.settling import has_only, settle_orders, wait_for_writers
from reconcile.history.staging import StagedBook, Staging
from reconcile.history.writing import Target, connect

FILLS_AT_ONCE = 25_000
_CASH_AT_ONCE = 2_000
_ORDERS_AT_ONCE = 50_000
_RACES = 3


@dataclass(frozen=True, slots=True)
class Task:
    """Books whose rows are booked one range after the other, each in a transaction."""

    books: tuple[StagedBook, ...]
    ranges: tuple[tuple[int, int], ...]

    @property
    def rows(self) -> int:
        """How many they are."""
        return self.ranges[-1][1] - self.ranges[0][0]

    @property
    def is_steady(self) -> bool:
        """Whether they are fills of one book, none of which changes what those before it did."""
        return len(self.books) == 1 and not self.books[0].is_cash and not self.books[0].mixes


def tasks(books: Sequence[StagedBook]) -> Iterator[Task]:
    """Books that follow each other in the staging, as many as fit into a transaction; a large one by itself."""
    pending: list[StagedBook] = []
    for book in books:
        joins = pending and pending[0].is_cash == book.is_cash and book.stop - pending[0].first <= _size(book)
        if pending and not joins:
            yield _task(pending)
            pending = []
        pending.append(book)
    if pending:
        yield _task(pending)


def _size(book: StagedBook) -> int:
    return _CASH_AT_ONCE if book.is_cash else FILLS_AT_ONCE


def _task(books: Sequence[StagedBook]) -> Task:
    first, stop, size = books[0].first, books[-1].stop, _size(books[0])
    return Task(tuple(books), tuple((start, min(start + size, stop)) for start in range(first, stop, size)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Booker:
    """What all tasks of an import share. `fresh`: the account was empty when it began. `source`: who says so."""

    staging: Staging
    settings: Settings
    conninfo: str
    account_id: int
    fresh: bool
    source: str
    cache: Cache | None
    stopping: Event = field(default_factory=Event)

    def outcomes(self, todo: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Outcome]]:
        """Carries tasks out on `jobs` connections at once."""
        with ThreadPoolExecutor(jobs, thread_name_prefix="fifoledger-import") as pool:
            try:
                yield from zip(todo, pool.map(self._carry_out, todo), strict=True)
            except BaseException:
                self.stopping.set()  # what is being booked is finished, and nothing else begun
                pool.shutdown(cancel_futures=True)
                raise

    def rehearsed(self, todo: Sequence[Task], target: Target) -> Iterator[tuple[Task, Outcome]]:
        """Carries tasks out in the transaction that `target` is in, which the caller takes back."""
        for task in todo:
            outcome = Outcome()
            for first, stop in task.ranges:
                outcome.add(self._book(target, task, self.staging.rows(first, stop)))
            yield task, outcome

    def settled(self, booked: Outcome, rehearsal: Target | None) -> Outcome:
        """What is left to do when all rows are booked: orders of which fills came into different books."""
        if rehearsal is not None:
            return settle_orders(rehearsal, self._perhaps_unsettled(rehearsal, booked))
        outcome = Outcome()
        self._persist(outcome, partial(self._settled, booked=booked))
        return outcome

    def _settled(self, target: Target, booked: Outcome) -> Outcome:
        wait_for_writers(target)
        return settle_orders(target, self._perhaps_unsettled(target, booked))

    def _perhaps_unsettled(self, target: Target, booked: Outcome) -> Iterator[Sequence[tuple[str, str]]]:
        """Those of the source's orders that lie in several books; where somebody else wrote, too, all of them."""
        if self.fresh and has_only(target, booked.written.fills):
            yield self.staging.orders_across_books()
        else:
            yield from self.staging.orders(_ORDERS_AT_ONCE)

    def _carry_out(self, task: Task) -> Outcome:
        outcome = Outcome()
        with Ahead(len(task.ranges), partial(self._prepared, task)) as ahead:
            for number, (first, stop) in enumerate(task.ranges):
                if self.stopping.is_set():
                    break
                prepared = ahead.take(number)
                rows = self.staging.rows(first, stop) if prepared is None else prepared.rows
                self._persist(outcome, partial(self._book, task=task, rows=rows, prepared=prepared))
                if self.fresh and task.is_steady and not outcome.as_prepared:
                    ahead.begin(number + 1, outcome.books[0]["book_id"])
        return outcome

    def _prepared(self, task: Task, number: int, book: Held | int) -> Prepared | None:
        rows = self.staging.rows(*task.ranges[number])
        try:
            with connect(self.conninfo) as connection:
                target = Target(connection, self.account_id)
                held = standing(target, book) if isinstance(book, int) else book
                return prepare(target, held, rows, self.source) if held is not None else None
        except psycopg.Error:
            return None  # whoever writes meets it, too, and waits for the server

    def _persist(self, outcome: Outcome, work: Callable[[Target], Outcome]) -> None:
        """What a failing server costs is done again, on a new connection: it is booked once."""
        for attempt in Retrying(**retry_policy(self.settings) | {"stop": self._has_waited_enough}):
            with attempt, connect(self.conninfo) as connection:
                outcome.add(self._commit(Target(connection, self.account_id), work))

    def _has_waited_enough(self, state: RetryCallState) -> bool:
        """What the transactions themselves took does not count: they are long."""
        return state.idle_for >= self.settings.retry_timeout

    def _commit(self, target: Target, work: Callable[[Target], Outcome]) -> Outcome:
        with Announcer(self.cache, target) as announcer, target.connection.transaction():
            outcome = work(target)
            announcer.announce(outcome.books)
        return outcome

    def _book(self, target: Target, task: Task, rows: pa.Table, prepared: Prepared | None = None) -> Outcome:
        if task.books[0].is_cash:
            return book_cash(target, rows, self.source)
        chunk = Chunk(task.books, rows, self.fresh)
        try:
            with target.connection.transaction():
                written = prepared and write(target, task.books, prepared)
                return written or book_fills(target, chunk, self.source)
        except UniqueViolation:  # somebody booked one of them meanwhile: now it can be seen
            return self._book_again(target, replace(chunk, fresh=False))

    @retry(retry=retry_if_exception_type(UniqueViolation), stop=stop_after_attempt(_RACES), reraise=True)
    def _book_again(self, target: Target, chunk: Chunk) -> Outcome:
        with target.connection.transaction():
            return book_fills(target, chunk, self.source)
