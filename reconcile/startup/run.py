"""One reconciliation of one account, from the first request to the stored report."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ledger import AsyncLedgerClient
from ledger.errors import InvalidInputError
from reconcile.errors import ExchangeError, ExchangeRefusedError
from reconcile.exchange import Exchange
from reconcile.startup.adjusting import OutdatedError, adjust, take_back
from reconcile.startup.booking import Booker
from reconcile.startup.comparing import compare, differences, explanations
from reconcile.startup.cycles import Compared, add_compared, compare_cycles
from reconcile.startup.identity import another_place, identify
from reconcile.startup.importing import MILLISECOND, Importer
from reconcile.startup.moments import line_of
from reconcile.startup.reassigning import reassign
from reconcile.startup.reassigning_cash import reassign_cash
from reconcile.startup.report import ComparedLine, Finding, ReconciliationReport
from reconcile.startup.restoring import restore
from reconcile.startup.resuming import Resumed, journals_of, resume, told_of, with_cash
from reconcile.startup.saving import Lasting, save
from reconcile.startup.snapshot import Snapshot, take_snapshot
from reconcile.startup.store import Account, BookLine, Store
from reconcile.together import together

Policy = Literal["report", "raise", "adjust"]
_LOOKS = 4  # at a difference, before it is believed
_ATTEMPTS = 3  # to adjust lines on which others book meanwhile; the next run comes soon

_UNIDENTIFIED = "the exchange does not say whose key it is: that it is this account's was not checked"
_NO_WALLET = "the exchange has no wallet to read: no spot was compared, and none is known of"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the caller may decide. `settle`: seconds that a difference is given to go away by itself."""

    on_unexplained: Policy = "report"
    since: datetime | None = None
    settle: float = 3.0


@dataclass(frozen=True)
class _Look:
    """Both sides at one moment, and what differs."""

    snapshot: Snapshot
    books: list[BookLine]
    lines: list[ComparedLine]
    found: list[Finding]

    @property
    def adjustable(self) -> list[ComparedLine]:
        """The lines that differ and are at rest: the next run sees the others so. A wallet is not adjusted."""
        moving = {line_of(book) for book in self.books if book.moves or book.awaits_executions}
        return [line for line in self.lines if line.difference and line.category != "spot" and line.key not in moving]


class Run:
    """One reconciliation, under the account's lock."""

    def __init__(
        self, exchange: Exchange, store: Store, client: AsyncLedgerClient, bots: Sequence[str], options: Options
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._client = client
        self._options = options
        self._booker = Booker(exchange, store, client, bots)
        self._importer = Importer(exchange, store, self._booker)
        self._requests = 0
        self._corrected = False
        self._resumed = Resumed([])
        self._compared: list[Compared] = []
        self._begun_late: set[str] = set()

    async def reconcile(self, account: Account, last: Mapping[str, Any] | None) -> ReconciliationReport:
        """Books, compares, restores and stores; `last`: the run before, as it is stored.

        An exchange that does not answer makes the report degraded.
        """
        report = ReconciliationReport(
            account=account.name, account_id=self._store.account_id, started_at=datetime.now(UTC)
        )
        if (note := another_place(self._exchange, account)) is not None:
            report.notes.append(note)
        sent = getattr(self._exchange, "requests", None)
        self._resumed = await resume(self._store, last, self._booker.booked, await self._store.lines())
        before = self._resumed.lines
        await self._booker.prepare()
        try:
            await self._agree(report)
        except ExchangeError as error:
            report.status, report.reason = "degraded", str(error)
        after = await self._store.lines()
        report.journals = journals_of(after)
        # Also of a degraded run: the next one looks only at what is booked from here on.
        moved = await reassign_cash(self._store, self._client, told_of(last))
        if any(not finding.is_problem for finding in moved):
            self._corrected = True
            report.journals = with_cash(report.journals, await self._store.lines())
        report.findings += moved
        booked = self._booker.booked
        report.imported = dict(sorted(booked.imported.items()))
        report.windows = self._importer.windows
        report.requests = self._importer.requests + self._requests
        if sent is not None:
            report.requests = getattr(self._exchange, "requests") - sent  # noqa: B009  # not every venue counts them
        each_once = [finding for n, finding in enumerate(booked.findings) if finding not in booked.findings[:n]]
        report.findings = explanations(before, after, booked.reasons) + each_once + booked.notes + report.findings
        await self._store.release_booked()
        report.findings += await self._waiting(report)
        lasting = await Lasting.of(self._store)
        settled = lasting.carry_over(report)
        if report.status != "degraded" and report.problems:
            report.status = "findings"
        report.restored = await restore(self._client, before, after)
        report.finished_at = datetime.now(UTC)
        changed = bool(booked.imported or self._resumed.adjustments) or self._corrected
        await save(self._store, report, changed=changed, lasting=lasting, settled=settled)
        await add_compared(self._store, self._compared)
        await self._importer.said()
        return report

    async def _agree(self, report: ReconciliationReport) -> None:
        permissions, now = await together(
            identify(self._exchange, self._store, report.account), self._exchange.server_time()
        )
        if permissions is None:
            report.notes.append(_UNIDENTIFIED)
        else:
            report.read_only_key, report.may_withdraw = permissions.read_only, permissions.may_withdraw
        if self._options.since is not None and self._options.since >= now:
            raise InvalidInputError(
                "since", self._options.since, f"before the venue's now, {now:%Y-%m-%d %H:%M:%S} UTC"
            )
        await self._importer.run(self._options.since, now)
        moved = await reassign(self._exchange, self._store, self._client, self._booker, now)
        replaced = await take_back(self._store, self._client)
        self._corrected = bool(replaced) or any(not finding.is_problem for finding in moved)
        report.findings += moved + replaced
        self._begun_late = await self._importer.begun_late(now)
        look = await self._look(now)
        report.findings += self._resumed.adjusted(look.lines)
        if self._options.on_unexplained == "adjust":
            look = await self._adjust(look, now, report)
        report.lines = look.lines
        if look.snapshot.no_wallet is not None:
            report.notes.append(_NO_WALLET)
        report.findings += look.found
        await self._compare_pnl(report, look.snapshot.at + MILLISECOND)

    async def _compare_pnl(self, report: ReconciliationReport, until: datetime) -> None:
        try:
            report.cycles, residuals, self._requests, self._compared = await compare_cycles(
                self._exchange, self._store, self._options.since, until
            )
        except ExchangeRefusedError as refusal:  # a venue may not offer it: Bybit's demo accounts
            report.findings.append(Finding(kind="pnl_not_compared", rule=str(refusal)))
        else:
            report.findings += residuals

    async def _look(self, now: datetime) -> _Look:
        """Both sides. A venue may show a position before its execution: a difference is looked at again."""
        looks = 0
        while True:
            look = await self._compare(await take_snapshot(self._exchange, self._booker, self._importer, now))
            looks += 1
            if looks == _LOOKS or not any(finding.is_problem for finding in look.found):
                return look
            await asyncio.sleep(self._options.settle / (_LOOKS - 1))

    async def _compare(self, snapshot: Snapshot) -> _Look:
        if snapshot.no_wallet is not None and await self._store.trades_spot():
            raise snapshot.no_wallet
        books = await self._store.lines(snapshot.since)
        lines = compare(books, snapshot, self._exchange.categories)
        return _Look(snapshot, books, lines, differences(lines, self._booker.booked.insufficient, self._begun_late))

    async def _adjust(self, look: _Look, now: datetime, report: ReconciliationReport) -> _Look:
        """Adjusts the lines that are at rest. Where others book meanwhile, both sides are looked at anew."""
        for _ in range(_ATTEMPTS):
            if not look.adjustable:
                return look
            # One that stands for what is booked by now makes a difference that is none.
            replaced = await take_back(self._store, self._client)
            made: list[Finding] = []
            at_rest = [] if replaced else await self._at_rest(look)
            outdated = len(at_rest) < len(look.adjustable)
            for line, at in at_rest:
                try:
                    finding = await adjust(self._client, self._store.account_id, line, look.books, at)
                except OutdatedError:
                    outdated = True
                else:
                    made += [finding] if finding else []
            report.findings += replaced + made
            self._corrected |= bool(replaced or made)
            if not outdated:
                return await self._compare(look.snapshot)
            look = await self._look(now)
        return look

    async def _at_rest(self, look: _Look) -> list[tuple[ComparedLine, datetime]]:
        """Which adjustable lines the venue still shows so, and the moment of an adjustment of each.

        It is no earlier than the venue's last change of the line: by a clock that is behind the venue's own books, an
        adjustment would be dated before the execution that it stands for, and not give way to it.
        """
        symbols: dict[str, set[str]] = defaultdict(set)
        lines = look.adjustable
        for line in lines:
            symbols[line.category].add(line.symbol)
        read = await together(*(self._exchange.positions(category, sorted(symbols[category])) for category in symbols))
        shown = {(p.category, p.symbol, p.position_idx): p for positions in read for p in positions}
        found = []
        for line in lines:
            position = shown.get(line.key)
            if (position.signed_qty if position else 0) == line.venue_qty:
                changed = position.updated_at if position else None
                found.append((line, max(look.snapshot.at, changed or look.snapshot.at)))
        return found

    async def _waiting(self, report: ReconciliationReport) -> list[Finding]:
        """What lies in quarantine, for a person to decide."""
        rows = await self._store.quarantined()
        report.quarantined = len(rows)
        return [
            Finding(
                kind="quarantined",
                rule="an execution whose effect is not known, or that cannot be applied: a person decides",
                category=row["category"],
                symbol=row["symbol"],
                venue={"exec_id": row["exec_id"], "exec_type": row["exec_type"], "reason": row["reason"]},
            )
            for row in rows
        ]
