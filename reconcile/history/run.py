"""An import from beginning to end: read, check, stage, book, prove."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
from psycopg.errors import UniqueViolation
from pydantic import SecretStr
from tenacity import Retrying

from ledger.cache import Cache
from ledger.database.connecting import retry_policy
from ledger.database.url import to_conninfo
from ledger.errors import PermissionDeniedError
from ledger.opening import read_account
from ledger.session import EXTERNAL
from ledger.settings import Settings
from ledger.verify import BookFilter, BookRef, BookResult, Verifier
from reconcile.history.announcing import Announcer
from reconcile.history.books import book_reports
from reconcile.history.checking import Reading, check
from reconcile.history.chunk import Chunk, Outcome, book_cash, book_fills
from reconcile.history.rejects import write_rejects
from reconcile.history.report import ImportReport
from reconcile.history.rows import Source
from reconcile.history.staging import StagedBook, Staging
from reconcile.history.writing import Connection, ask, connect, errors_translated
from reconcile.startup.lock import blocking_account_lock

_CHUNK = 50_000
_CASH = 2_000
_ORDERS = 50_000
_KEPT_REJECTS = 1_000

Progress = Callable[[str, int, int | None, str], None]  # what is done, how much of it, of how much, in which unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How an import is done.

    `bot_id`: whose rows are that name nobody; None: the account's `external`. `label` names the source in the
    identity of rows that have neither execution nor order id; None: the source's name. `strict`: anything rejected stops
    the import before it writes. `rejects`: a CSV file for all of them. `jobs`: connections that write at once.
    """

    account: str | None = None
    bot_id: str | None = None
    reading: Reading = Reading()
    label: str | None = None
    source: str = "import"
    dry_run: bool = False
    strict: bool = False
    rejects: Path | None = None
    verify: bool = True
    jobs: int = 2


def import_history(source: Source, settings: Settings, options: ImportOptions | None = None,
                   progress: Progress | None = None) -> ImportReport:  # fmt: skip
    """Brings a past into the ledger, as if the ledger had been there from its start.

    Idempotent: what is there already is a duplicate; after an interruption the same call goes on. Bots may trade
    meanwhile. The login must own the ledger's tables.

    Raises PermissionDeniedError, DatabaseUnavailableError, InvalidInputError and what the source raises; what was
    committed until then stays, and is complete in itself.
    """
    return _Import(source, settings, options or ImportOptions(), progress or _silent).run()


def _silent(stage: str, done: int, total: int | None, unit: str) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True)
class _Task:
    """Rows that one connection books, one transaction after the other: many small books, or a large one in parts."""

    books: tuple[StagedBook, ...]
    ranges: tuple[tuple[int, int], ...]


class _Import:
    def __init__(self, source: Source, settings: Settings, options: ImportOptions, progress: Progress) -> None:
        self._source, self._settings, self._options, self._progress = source, settings, options, progress
        url = settings.database_url or SecretStr("")
        self._conninfo = to_conninfo(url.get_secret_value())
        self._account_id = 0
        self._is_new = False
        self._cache = Cache(settings) if settings.redis_url is not None else None

    def run(self) -> ImportReport:
        started = time.monotonic()
        with ExitStack() as stack:
            staging = stack.enter_context(Staging())
            read = self._stage(staging)
            stack.enter_context(errors_translated())
            report = ImportReport(self._source.name, self._options.account or "", self._options.dry_run, read=read)
            if self._options.strict and not self._options.dry_run:
                would = self._book(staging, report, dry=True)
                if would.rejected:
                    return replace(would, dry_run=False, stopped="rows were rejected, and strict was asked for: "
                                   "nothing was written", books=(), seconds=time.monotonic() - started)  # fmt: skip
            report = self._book(staging, report, dry=self._options.dry_run)
        report = replace(report, seconds=time.monotonic() - started)
        return report if self._options.dry_run or not self._options.verify else self._proven(report)

    def _stage(self, staging: Staging) -> int:
        read = 0
        for batch in self._source.batches():
            rows, rejects = check(batch, self._options.reading)
            staging.add(rows)
            staging.reject(rejects)
            read += len(rows) + len(rejects)
            self._progress("reading", batch.done, self._source.total, self._source.unit)
        staging.settle(self._options.label or self._source.name)
        return read

    def _book(self, staging: Staging, report: ImportReport, *, dry: bool) -> ImportReport:
        """Books what is staged; a dry run does the same in a transaction that is taken back."""
        with ExitStack() as stack:
            connection = stack.enter_context(connect(self._conninfo))
            if dry:
                stack.enter_context(connection.transaction(force_rollback=True))
            account = self._register(connection, staging)
            # No reconciler may compare, let alone adjust, while a past is there in part.
            stack.enter_context(blocking_account_lock(self._settings, self._account_id))
            outcome = self._book_all(connection, staging, self._own(connection, staging), dry=dry)
            reports = book_reports(connection, self._account_id, staging, outcome)
        counts = staging.counts()
        rejected = counts["rejected"] + len(outcome.rejects)
        if self._options.rejects is not None:
            write_rejects(self._options.rejects, chain(staging.rejects(), outcome.rejects))
        kept = islice(chain(staging.rejects(), outcome.rejects), _KEPT_REJECTS)
        return replace(
            report, account=account, booked=outcome.booked, duplicates=counts["repeated"] + outcome.duplicates, rejected=rejected,
            joined=counts["parts"], fills=outcome.written.fills, payments=outcome.payments,
            lots=outcome.written.lots, trades=outcome.written.trades, books=reports, rejects=tuple(kept),
        )  # fmt: skip

    def _book_all(self, connection: Connection, staging: Staging, books: Sequence[StagedBook], *,
                  dry: bool) -> Outcome:  # fmt: skip
        total = sum(book.stop - book.first for book in books)
        outcome, done = Outcome(), 0
        for task_outcome, rows in self._outcomes(connection, staging, list(_tasks(books)), dry=dry):
            outcome.add(task_outcome)
            done += rows
            self._progress("booking", done, total, "rows")
        return outcome

    def _outcomes(self, connection: Connection, staging: Staging, tasks: list[_Task], *,
                  dry: bool) -> Iterator[tuple[Outcome, int]]:  # fmt: skip
        sizes = [sum(stop - first for first, stop in task.ranges) for task in tasks]
        if dry:
            for task, size in zip(tasks, sizes, strict=True):
                yield self._do(connection, staging, task, announces=False), size
            return
        with ThreadPoolExecutor(self._options.jobs, thread_name_prefix="fifoledger-import") as pool:
            try:
                for outcome, size in zip(pool.map(lambda task: self._work(staging, task), tasks), sizes, strict=True):
                    yield outcome, size
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _work(self, staging: Staging, task: _Task) -> Outcome:
        """A task on connections of its own. What a failing server costs is done again: it is booked once."""
        outcome = Outcome()
        for part in task.ranges:
            for attempt in Retrying(**retry_policy(self._settings)):
                with attempt, connect(self._conninfo) as connection:
                    outcome.add(self._do(connection, staging, _Task(task.books, (part,))))
        return outcome

    def _do(self, connection: Connection, staging: Staging, task: _Task, *, announces: bool = True) -> Outcome:
        outcome = Outcome()
        for first, stop in task.ranges:
            rows = staging.rows(first, stop)
            with Announcer(self._cache if announces else None, connection, self._account_id) as announcer:
                with connection.transaction():
                    part = self._book_rows(connection, task, rows)
                    announcer.announce(part.books)
            outcome.add(part)
        return outcome

    def _book_rows(self, connection: Connection, task: _Task, rows: pa.Table) -> Outcome:
        if task.books[0].is_cash:
            return book_cash(connection, self._account_id, rows, self._options.source)
        chunk = Chunk(task.books, rows, self._is_new)
        try:
            with connection.transaction():
                return book_fills(connection, self._account_id, chunk, self._options.source)
        except UniqueViolation:  # somebody booked one of them meanwhile: now it can be seen
            return book_fills(connection, self._account_id, replace(chunk, fresh=False), self._options.source)

    def _register(self, connection: Connection, staging: Staging) -> str:
        """Account and bots; answers the account's name. Every bot that a row names is registered; names in client order ids are only compared."""
        venue, name, environment = read_account(self._options.account or self._settings.account)
        bots = {self._options.bot_id or EXTERNAL, *staging.row_bots()}
        for bot_id in sorted(bots):
            self._account_id = ask(connection, "register_bot", {
                "bot_id": bot_id, "account": name, "venue": venue, "environment": environment,
                "default_account": "default"})[0]["account_id"]  # fmt: skip
        state = ask(connection, "import_is_new", {"account_id": self._account_id})[0]
        if not state["may_write"]:
            raise PermissionDeniedError(
                f"login {state['login']} may not write the tables of the ledger: history is imported in bulk, with a "
                "login that is a member of ledger_owner"
            )
        self._is_new = state["is_new"]
        return str(state["name"])

    def _own(self, connection: Connection, staging: Staging) -> list[StagedBook]:
        known = ask(connection, "known_bots", {"account_id": self._account_id, "bot_id": EXTERNAL,
                                               "names": staging.bots()})[0]["bots"]  # fmt: skip
        orders: list[tuple[str, str, str]] = []
        for portion in staging.orders(_ORDERS) if not self._is_new else ():
            found = ask(connection, "import_order_owners", {
                "account_id": self._account_id, "categories": [category for category, _ in portion],
                "order_ids": [order_id for _, order_id in portion]})  # fmt: skip
            orders += [(row["category"], row["order_id"], row["bot_id"]) for row in found if row["bot_id"]]
        return staging.own(self._options.bot_id or EXTERNAL, known, orders)

    def _proven(self, report: ImportReport) -> ImportReport:
        """Every book that the import touched, verified."""
        started = time.monotonic()
        touched = {book.book_id for book in report.books if book.fills or book.rebuilt}
        with Verifier(self._settings) as verifier:
            books = [book for book in verifier.books(BookFilter(account=report.account)) if book.book_id in touched]
            unproven = []
            for done, result in enumerate(_verified(verifier, books, self._options.jobs), start=1):
                self._progress("verifying", done, len(books), "books")
                if not result.ok:
                    unproven.append(result)
        return replace(report, unproven=tuple(unproven), verify_seconds=time.monotonic() - started)


def _verified(verifier: Verifier, books: Sequence[BookRef], jobs: int) -> Iterator[BookResult]:
    with ThreadPoolExecutor(jobs) as pool:
        for results in pool.map(lambda book: list(verifier.run([book])), books):
            yield from results


def _tasks(books: Sequence[StagedBook]) -> Iterator[_Task]:
    pending: list[StagedBook] = []
    for book in books:
        size = _CASH if book.is_cash else _CHUNK
        joins = pending and pending[0].is_cash == book.is_cash and book.stop - pending[0].first <= size
        if pending and not joins:
            yield _task(pending)
            pending = []
        pending.append(book)
    if pending:
        yield _task(pending)


def _task(books: Sequence[StagedBook]) -> _Task:
    size = _CASH if books[0].is_cash else _CHUNK
    first, stop = books[0].first, books[-1].stop
    return _Task(tuple(books), tuple((start, min(start + size, stop)) for start in range(first, stop, size)))
