"""Booking what is staged: in transactions of many small books, or of parts of a large one, on several connections."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import BoundedSemaphore, Event

import psycopg
import pyarrow as pa
from psycopg.errors import UniqueViolation
from tenacity import RetryCallState, Retrying, retry, retry_if_exception_type, stop_after_attempt

from ledger.cache import Cache
from ledger.database.connecting import retry_policy
from ledger.settings import Settings
from reconcile.history.ahead import Ahead, Entry, Journaled, Prepared, journaled, prepare, standing, write
from reconcile.history.announcing import Announcer
from reconcile.history.chunk import Chunk, Outcome, book_cash, book_fills
from reconcile.history.held import Held
from reconcile.history.in_turn import TOGETHER, InTurn, Turn
from reconcile.history.settling import has_only, settle_orders, wait_for_writers
from reconcile.history.staging import StagedBook, Staging
from reconcile.history.writing import Target, connect

FILLS_AT_ONCE = 25_000
_FIRST = 1_000
REHEARSED_TOGETHER = 5_000  # nobody should wait for what is only tried
_CASH_AT_ONCE = 2_000
BOOKS_AT_ONCE = 1_000  # a new one takes a place in the server's table of locks, which has some thousands
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


def tasks(books: Sequence[StagedBook], most: int | None = None) -> Iterator[Task]:
    """Books that follow each other in the staging, as many as fit into a transaction; a large one by itself.

    `most`: how many rows books may have that are locked together, where that is less.
    """
    pending: list[StagedBook] = []
    for book in books:
        size = _size(book) if most is None else min(most, _size(book))
        fits = pending and book.stop - pending[0].first <= size and len(pending) < BOOKS_AT_ONCE
        if pending and not (fits and pending[0].is_cash == book.is_cash):
            yield _task(pending)
            pending = []
        pending.append(book)
    if pending:
        yield _task(pending)


def _size(book: StagedBook) -> int:
    return _CASH_AT_ONCE if book.is_cash else FILLS_AT_ONCE


def _task(books: Sequence[StagedBook]) -> Task:
    first, stop, size = books[0].first, books[-1].stop, _size(books[0])
    short = min(_FIRST, size) if stop - first > size else size  # nothing can be prepared before a book is there
    starts = [first, *range(first + short, stop, size)]
    return Task(tuple(books), tuple(zip(starts, [*starts[1:], stop], strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Booker:
    """What all tasks of an import share.

    `fresh`: the account was empty when it began. `source`: who says so. `waited`: is told of how many transactions of
    bots that the import waits for have ended.
    """

    staging: Staging
    settings: Settings
    conninfo: str
    account: str
    account_id: int
    fresh: bool
    source: str
    cache: Cache | None
    waited: Callable[[int, int], object]
    stopping: Event = field(default_factory=Event)

    def outcomes(self, todo: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Outcome]]:
        """Carries tasks out on `jobs` connections at once."""
        slots = BoundedSemaphore(jobs)
        with ThreadPoolExecutor(jobs, thread_name_prefix="fifoledger-import") as pool:
            try:
                yield from zip(todo, pool.map(partial(self._carry_out, slots), todo), strict=True)
            except BaseException:
                self.stopping.set()  # what is being booked is finished, and nothing else begun
                pool.shutdown(cancel_futures=True)
                raise

    def rehearsed(self, todo: Sequence[Task], orders: Sequence[tuple[str, str]], bots: Sequence[str]) -> Outcome:
        """Carries tasks out in a transaction that is taken back, with what is to be settled of `orders` then.

        `bots`: who is not registered yet.
        """

        def rehearse(target: Target) -> Outcome:
            with target.connection.transaction(force_rollback=True):
                if bots:
                    target.ask("import_stand_ins", account=self.account, bots=list(bots))
                outcome = Outcome()
                for task in todo:
                    for first, stop in task.ranges:
                        outcome.add(self._book(target, task, self.staging.rows(first, stop)))
                if orders:
                    outcome.add(settle_orders(target, [orders]))
                outcome.look_after(target)
            return outcome

        return self._done(rehearse)

    def run(self, name: str) -> None:
        """Runs a query on a connection of its own."""
        with self._target() as target:
            target.ask(name)

    def settled(self, booked: Outcome) -> Outcome:
        """What is left to do when all rows are booked: orders of which fills came into different books."""
        return self._persist(partial(self._settled, booked=booked))

    def _settled(self, target: Target, booked: Outcome) -> Outcome:
        wait_for_writers(target, self.waited)
        return settle_orders(target, self._perhaps_unsettled(target, booked))

    def _perhaps_unsettled(self, target: Target, booked: Outcome) -> Iterator[Sequence[tuple[str, str]]]:
        """Those of the source's orders that lie in several books; where somebody else wrote, too, all of them."""
        if self.fresh and has_only(target, booked.written.fills):
            yield self.staging.orders_across_books()
        else:
            yield from self.staging.orders()

    def _carry_out(self, slots: BoundedSemaphore, task: Task) -> Outcome:
        outcome = Outcome()
        with (
            InTurn(slots) as parts,
            Ahead(len(task.ranges), partial(self._journaled, task), self._prepared) as ahead,
        ):
            for number, (first, stop) in enumerate(task.ranges):
                if self.stopping.is_set():
                    break
                prepared = ahead.take(number)
                if prepared is not None:
                    parts.begin(partial(self._write, task, prepared))
                    ended = [*parts.ended(but=TOGETHER - 1)]
                else:
                    ended = [*parts.ended(but=0)]
                    with slots:
                        ended.append(self._persist(partial(self._book, task=task, rows=self.staging.rows(first, stop))))
                if self.fresh and task.is_steady and not all(part.as_prepared for part in ended):
                    ended += parts.ended(but=0)
                    ahead.begin(number + 1, ended[-1].books[0]["book_id"])
                outcome.add_all(ended)
            outcome.add_all(parts.ended(but=0))
        return outcome

    def _journaled(self, task: Task, number: int, behind: int | Entry) -> Journaled | None:
        if isinstance(behind, int):
            book = self._standing(behind)
        else:
            before = behind.result()
            book = before.behind() if before is not None else None
        if book is None:
            return None
        return journaled(self.account_id, book, self.staging.rows(*task.ranges[number]), self.source)

    def _standing(self, book_id: int) -> Held | None:
        try:
            with self._target() as target:
                return standing(target, book_id)
        except psycopg.Error:
            return None  # whoever writes meets it, too, and waits for the server

    def _prepared(self, entry: Entry, before: Held | None) -> Prepared | None:
        part = entry.result()
        if part is None:
            return None
        try:
            with self._target() as target:
                return prepare(target, part, before)
        except psycopg.Error:
            return None  # as above

    def _write(self, task: Task, prepared: Prepared, turn: Turn) -> Outcome:
        return self._persist(partial(self._in_turn, task=task, prepared=prepared, turn=turn))

    def _in_turn(self, target: Target, task: Task, prepared: Prepared, turn: Turn) -> Outcome:
        turn.begin(target)
        try:
            with target.connection.transaction():
                return write(target, task.books, prepared, turn)
        except UniqueViolation:
            pass  # somebody booked one of them meanwhile
        turn.wait_alone()
        return self._book(target, task, prepared.rows)

    def _persist(self, work: Callable[[Target], Outcome]) -> Outcome:
        return self._done(partial(self._commit, work=work))

    def _done(self, work: Callable[[Target], Outcome]) -> Outcome:
        """What a failing server costs is done again, on a new connection: it is booked once."""
        policy = retry_policy(self.settings) | {"stop": self._has_waited_enough}
        return Retrying(**policy)(self._once, work)

    def _once(self, work: Callable[[Target], Outcome]) -> Outcome:
        with self._target() as target:
            return work(target)

    @contextmanager
    def _target(self) -> Iterator[Target]:
        """A connection of its own."""
        with connect(self.conninfo) as connection:
            yield Target(connection, self.account_id)

    def _has_waited_enough(self, state: RetryCallState) -> bool:
        """What the transactions themselves took does not count: they are long."""
        return state.idle_for >= self.settings.retry_timeout

    def _commit(self, target: Target, work: Callable[[Target], Outcome]) -> Outcome:
        with Announcer(self.cache, target) as announcer, target.connection.transaction():
            outcome = work(target)
            announcer.announce(outcome.books)
        return outcome

    def _book(self, target: Target, task: Task, rows: pa.Table) -> Outcome:
        if task.books[0].is_cash:
            return book_cash(target, rows, self.source)
        chunk = Chunk(task.books, rows, self.fresh)
        try:
            with target.connection.transaction():
                return book_fills(target, chunk, self.source)
        except UniqueViolation:  # somebody booked one of them meanwhile: now it can be seen
            return self._book_again(target, replace(chunk, fresh=False))

    @retry(retry=retry_if_exception_type(UniqueViolation), stop=stop_after_attempt(_RACES), reraise=True)
    def _book_again(self, target: Target, chunk: Chunk) -> Outcome:
        with target.connection.transaction():
            return book_fills(target, chunk, self.source)
