"""An import from beginning to end: read, check, stage, book, prove."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from pydantic import SecretStr

from ledger.cache import Cache
from ledger.database.url import to_conninfo
from ledger.errors import PermissionDeniedError
from ledger.opening import read_account
from ledger.session import EXTERNAL
from ledger.settings import Settings
from ledger.verify import BookFilter, Verifier
from reconcile.history.books import book_reports
from reconcile.history.checking import Reading
from reconcile.history.chunk import Outcome
from reconcile.history.openings import date_openings
from reconcile.history.reading import stage
from reconcile.history.rehearsing import rehearsals
from reconcile.history.rejects import write_rejects
from reconcile.history.report import ImportReport, Reason
from reconcile.history.rows import Source
from reconcile.history.staging import StagedBook, Staging
from reconcile.history.tasks import REHEARSED_TOGETHER, Booker, Task, tasks
from reconcile.history.writing import Connection, Target, ask, connect, errors_translated
from reconcile.startup.lock import blocking_account_lock

_STRICT = "rows were rejected, and strict was asked for: nothing was written"
_KEPT_REJECTS = 1_000
_ANALYSES = ("import_analyze_fills", "import_analyze_derived")

Progress = Callable[[str, int, int | None, str], None]  # what is done, how much of it, of how much, in which unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How an import is done.

    `bot_id`: whose rows are that name nobody; None: the account's `external`. `label` names the source in the
    identity of rows that have neither execution nor order id; None: the source's name. `strict`: anything rejected
    stops the import before it writes. `rejects`: a CSV file for all of them. `jobs`: connections that write at once.
    """

    account: str | None = None
    bot_id: str | None = None
    reading: Reading = field(default_factory=Reading)
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
class _Ground:
    """Where the rows come to. `fresh`: nothing is there yet. `newcomers`: those of the bots that nobody knows yet."""

    account: str
    target: Target
    fresh: bool
    bots: frozenset[str]
    newcomers: frozenset[str]


class _Import:
    def __init__(self, source: Source, settings: Settings, options: ImportOptions, progress: Progress) -> None:
        self._source, self._settings, self._options, self._progress = source, settings, options, progress
        url = settings.database_url or SecretStr("")
        self._bot = options.bot_id or EXTERNAL
        self._conninfo = to_conninfo(url.get_secret_value())
        self._touched: set[int] = set()
        self._cache = Cache(settings) if settings.redis_url is not None else None

    def run(self) -> ImportReport:
        started = time.monotonic()
        if self._options.rejects is not None:
            write_rejects(self._options.rejects, ())  # that it cannot be written should be known before, not after
        with ExitStack() as stack:
            staging = stack.enter_context(Staging())
            read = self._stage(staging)
            stack.enter_context(errors_translated())
            report = ImportReport(self._source.name, self._options.account or "", self._options.dry_run, read=read)
            if self._options.strict and not self._options.dry_run:
                would = self._book(staging, report, dry=True)
                if would.rejected:
                    return replace(would, dry_run=False, stopped=_STRICT, books=(), seconds=time.monotonic() - started)
            report = self._book(staging, report, dry=self._options.dry_run)
        report = replace(report, seconds=time.monotonic() - started)
        return report if self._options.dry_run or not self._options.verify else self._proven(report)

    def _stage(self, staging: Staging) -> int:
        read = stage(
            self._source,
            self._options.reading,
            staging,
            lambda batch: self._progress("reading", batch.done, self._source.total, self._source.unit),
        )
        staging.settle(self._options.label or self._source.name, self._bot)
        return read

    def _book(self, staging: Staging, report: ImportReport, *, dry: bool) -> ImportReport:
        """Books what is staged; a dry run does the same in transactions that are taken back."""
        with ExitStack() as stack:
            connection = stack.enter_context(connect(self._conninfo))
            ground = self._register(connection, staging, dry=dry)
            target = ground.target
            if not dry:  # no reconciler may compare, let alone adjust, while a past is there in part
                stack.enter_context(blocking_account_lock(self._settings, target.account_id))
            staging.forget()
            todo = list(tasks(self._own(ground, staging), REHEARSED_TOGETHER if dry else None))
            booker = Booker(
                staging=staging,
                settings=self._settings,
                conninfo=self._conninfo,
                account=ground.account,
                account_id=target.account_id,
                fresh=ground.fresh,
                source=self._options.source,
                cache=self._cache,
                waited=lambda done, total: self._progress("waiting for bots", done, total, "transactions"),
            )
            outcome = self._rehearse(booker, ground, todo) if dry else self._book_all(booker, ground, todo)
            reports = book_reports(staging, outcome)
        return self._with_rejects(
            replace(
                report,
                account=ground.account,
                booked=outcome.booked,
                duplicates=outcome.duplicates,
                fills=outcome.written.fills,
                payments=outcome.payments,
                lots=outcome.written.lots,
                trades=outcome.written.trades,
                books=reports,
            ),
            staging,
        )

    def _with_rejects(self, report: ImportReport, staging: Staging) -> ImportReport:
        counts = staging.counts()
        if self._options.rejects is not None:
            write_rejects(self._options.rejects, staging.rejects())
        return replace(
            report,
            duplicates=report.duplicates + counts["repeated"],
            rejected=counts["rejected"],
            joined=counts["parts"],
            rejects=tuple(islice(staging.rejects(), _KEPT_REJECTS)),
            reasons=tuple(Reason(*found) for found in staging.reasons()),
        )

    def _book_all(self, booker: Booker, ground: _Ground, todo: Sequence[Task]) -> Outcome:
        results = booker.outcomes(todo, self._options.jobs)
        outcome = self._sum("booking", booker, ((task.rows, result) for task, result in results), _rows(todo))
        with ThreadPoolExecutor(2, thread_name_prefix="fifoledger-analyzing") as analyzing:
            # The tables may have grown a thousand times.
            analyses = [analyzing.submit(booker.run, name) for name in _ANALYSES if outcome.written.fills]
            outcome.add(booker.settled(outcome))
        for analysis in analyses:
            analysis.result()
        self._touched = {*outcome.written.by_book, *outcome.written.rebuilt}
        outcome.look_after(ground.target)
        return outcome

    def _rehearse(self, booker: Booker, ground: _Ground, todo: Sequence[Task]) -> Outcome:
        parts = rehearsals(ground.target, booker.staging, todo, fresh=ground.fresh)
        results = (
            (part.rows, booker.rehearsed(part.tasks, part.orders, sorted(ground.newcomers & {*part.bots, EXTERNAL})))
            for part in parts
        )
        return self._sum("rehearsing", booker, results, _rows(todo))

    def _sum(self, stage: str, booker: Booker, results: Iterable[tuple[int, Outcome]], total: int) -> Outcome:
        outcome, done = Outcome(), 0
        for rows, result in results:
            booker.staging.reject(result.rejects, at_booking=True)
            result.rejects = []
            outcome.add(result)
            done += rows
            self._progress(stage, done, total, "rows")
        return outcome

    def _register(self, connection: Connection, staging: Staging, *, dry: bool) -> _Ground:
        """Registers the account and every bot that a row names; names in client order ids are only compared with those.

        A dry run finds out whether that would do, and takes it back at once: it locks the tables.
        """
        venue, name, environment = read_account(self._options.account or self._settings.account)
        account = {"account": name, "venue": venue, "environment": environment, "default_account": "default"}
        bots = sorted({self._bot, *staging.row_bots()})
        with connection.transaction(force_rollback=dry):  # a refusal leaves no account and no bot behind
            account_id = ask(connection, "import_register", {**account, "bots": bots})[0]["account_id"]
            target = Target(connection, account_id)
            state = target.ask("import_is_new")[0]
            if not state["may_write"]:
                raise PermissionDeniedError(
                    f"login {state['login']} may not write the tables of the ledger: history is imported in bulk, "
                    "with a login that is a member of ledger_owner"
                )
        wanted = {EXTERNAL, *bots}
        known = target.ask("known_bots", bot_id=EXTERNAL, names=[*staging.bots(), *wanted])[0]["bots"]
        return _Ground(
            state["name"], target, state["is_new"], frozenset({*wanted, *known}), frozenset(wanted - {*known})
        )

    def _own(self, ground: _Ground, staging: Staging) -> list[StagedBook]:
        """Asks the ledger whose the orders are, and sorts the rows by book."""
        for portion in staging.orders() if not ground.fresh else ():
            staging.know_orders(ground.target.ask_about(portion, "import_order_owners"))
        books = staging.own(self._bot, sorted(ground.bots))
        return staging.own(self._bot, sorted(ground.bots)) if date_openings(ground.target, staging) else books

    def _proven(self, report: ImportReport) -> ImportReport:
        """Every book that the import touched, verified."""
        started = time.monotonic()
        with Verifier(self._settings, jobs=self._options.jobs) as verifier:
            books = [
                book for book in verifier.books(BookFilter(account=report.account)) if book.book_id in self._touched
            ]
            unproven = []
            for done, result in enumerate(verifier.run(books), start=1):
                self._progress("verifying", done, len(books), "books")
                if not result.ok:
                    unproven.append(result)
        return replace(report, unproven=tuple(unproven), verify_seconds=time.monotonic() - started)


def _rows(todo: Iterable[Task]) -> int:
    return sum(task.rows for task in todo)
