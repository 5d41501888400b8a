"""What the service does for one account, each part by itself, and who is told of it."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ledger import AsyncLedgerClient
from ledger.errors import InstrumentConflictError
from ledger.session import EXTERNAL
from reconcile.exchange import Exchange
from reconcile.logs import get_logger
from reconcile.service.alerts import Alerts
from reconcile.service.metrics import Metrics
from reconcile.service.settings import ServiceSettings
from reconcile.service.status import AccountStatus
from reconcile.service.verifying import verify_books
from reconcile.startup.api import reconcile_positions_on_startup
from reconcile.startup.coins import register
from reconcile.startup.identity import identify
from reconcile.startup.report import Finding, ReconciliationReport
from reconcile.startup.store import Store

log = get_logger(__name__)

_CLEARED_AT_ONCE = 50_000  # rows of a transaction; nobody else writes what is that old
_SHOWN = 20


@dataclass(frozen=True)
class Desk:
    """One account's two sides, and who is told. `prompt` is the same exchange with less patience."""

    settings: ServiceSettings
    exchange: Exchange
    prompt: Exchange
    store: Store
    client: AsyncLedgerClient
    status: AccountStatus
    metrics: Metrics
    alerts: Alerts

    async def tell(self, key: str, title: str, text: str, kind: str) -> None:
        """Alerts, each account apart from the others."""
        await self.alerts.tell(f"{key}:{self.status.name}", f"{self.status.name}: {title}", text, kind)

    def cleared(self, key: str) -> None:
        """The cause of an alert is gone."""
        self.alerts.cleared(f"{key}:{self.status.name}")

    def since(self) -> datetime | None:
        """Where the import of executions begins; None: as far back as the venue keeps them."""
        wanted = self.settings.since
        return wanted if wanted is not None and wanted > self.exchange.earliest(datetime.now(UTC)) else None


class Work:
    """The parts. Each answers a line for people, and raises what its job is to show."""

    def __init__(self, desk: Desk, reconcile_soon: Callable[[float], None]) -> None:
        self._desk = desk
        self._reconcile_soon = reconcile_soon
        self._own_key = False
        self._told: str | None = None
        self._degraded = 0

    async def require_own_key(self) -> None:
        """Asks once whose key it is. Raises WrongAccountError if the books are another account's, ExchangeError."""
        if self._own_key:
            return
        desk = self._desk
        permissions = await identify(desk.prompt, desk.store, desk.status.name)
        self._own_key = True
        if permissions is None:
            return
        desk.status.may_withdraw = permissions.may_withdraw
        if permissions.may_withdraw:
            text = f"The key of venue account {permissions.uid} may withdraw. One that can only read is enough."
            await desk.tell("may_withdraw", "the key may withdraw", text, "may_withdraw")

    async def reconcile(self) -> str:
        """Both sides compared, as a bot does at its start; a degraded run is repeated soon."""
        desk, began = self._desk, time.monotonic()
        report = await reconcile_positions_on_startup(EXTERNAL, desk.client, desk.exchange, since=desk.since())
        _keep(report, desk.status)
        desk.metrics.reconciled(desk.status.name, desk.status, time.monotonic() - began)
        budget = getattr(desk.exchange, "budget", None)  # not every venue tells
        if budget is not None and (found := budget()) is not None:
            desk.metrics.budget(desk.status.name, *found)
        if report.status == "degraded":
            self._degraded += 1
            self._reconcile_soon(min(2.0**self._degraded, 60.0))
        else:
            self._degraded = 0
        await self._tell(report)
        imported = ", ".join(f"{count} {kind}" for kind, count in report.imported.items()) or "nothing"
        line = f"{report.status}: imported {imported}; {len(report.problems)} for a person to decide"
        log.info("reconciled", account=desk.status.name, result=line)
        return line

    async def _tell(self, report: ReconciliationReport) -> None:
        desk = self._desk
        if report.status == "degraded":
            text = report.reason or "no complete answer"
            await desk.tell("degraded", "the reconciliation is degraded", text, "degraded")
            return
        desk.cleared("degraded")
        key = f"findings:{_digest(report.problems)}" if report.problems else None
        if self._told is not None and self._told != key:
            desk.cleared(self._told)
        self._told = key
        if key is not None:
            kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(desk.status.problems.items()))
            lines = "\n".join(_line(finding) for finding in report.problems[:_SHOWN])
            await desk.tell(key, f"to decide: {kinds}", lines, "findings")

    async def instruments(self) -> str:
        """What is registered is brought to what the venue says of it now."""
        desk = self._desk
        await self.require_own_key()
        known = await desk.store.instruments()
        changed = 0
        conflicts: list[InstrumentConflictError] = []
        for category in desk.exchange.categories:
            if not any(key[0] == category for key in known):
                continue
            for one in await desk.exchange.instruments(category):
                if (kept := known.get((category, one.symbol))) is None or kept == one:
                    continue
                try:
                    await register(desk.client, one)
                    changed += 1
                except InstrumentConflictError as conflict:
                    conflicts.append(conflict)
        if conflicts:
            raise conflicts[0]
        return f"{len(known)} known, {changed} changed"

    async def equity(self) -> str:
        """A row of what the account is worth."""
        desk = self._desk
        await self.require_own_key()
        wallet = await desk.exchange.wallet()
        balances = {b.coin: {"quantity": f"{b.quantity:f}", "borrowed": f"{b.borrowed:f}"} for b in wallet.balances}
        await desk.store.rows("record_equity", equity=wallet.equity, balances=json.dumps(balances))
        return "unknown" if wallet.equity is None else f"{wallet.equity:f} USD"

    async def heartbeats(self) -> str:
        """Bots that sent signs of life and send none any more."""
        desk = self._desk
        rows = await desk.store.rows("heartbeats", silent_after=desk.settings.silent_after)
        for row in rows:
            key = f"silent:{row['bot_id']}"
            if row["silent"]:
                text = f"No heartbeat of bot {row['bot_id']} since {row['last_heartbeat']:%Y-%m-%d %H:%M:%S} UTC."
                await desk.tell(key, f"bot {row['bot_id']} is silent", text, "silent_bot")
            else:
                desk.cleared(key)
        silent = [row["bot_id"] for row in rows if row["silent"]]
        return f"{len(silent)} of {len(rows)} silent" + (f": {', '.join(silent)}" if silent else "")

    async def verify(self) -> str:
        """All books of the account derived again and compared; what the cache has wrong is written anew."""
        desk = self._desk
        found = await verify_books(desk.client.settings, desk.status.name)
        await desk.client.refresh_positions([book.book_id for book in found.miscached])
        if found.miscached:
            desk.metrics.cache_repaired(desk.status.name, len(found.miscached))
        if found.differences:
            text = "\n".join(found.differences[:_SHOWN])
            await desk.tell("verify", "stored books differ from their journal", text, "verify")
        else:
            desk.cleared("verify")
        return f"{found.books} books, {found.total} differences"

    async def retention(self) -> str:
        """The venue's own objects of what was settled long ago are forgotten; fills are never touched."""
        sums: Counter[str] = Counter()
        while True:
            (row,) = await self._desk.store.rows(
                "clear_raw", days=self._desk.settings.keep_raw_days, most=_CLEARED_AT_ONCE
            )
            sums.update({name: int(count) for name, count in row.items()})
            if all(count < _CLEARED_AT_ONCE for count in row.values()):
                return ", ".join(f"{sums[name]} {name}" for name in ("orders", "quarantined", "runs"))


def _keep(report: ReconciliationReport, status: AccountStatus) -> None:
    status.reconciled_at = datetime.now(UTC)
    status.reconciliation = report.status
    status.reason = report.reason
    if report.may_withdraw is not None:
        status.may_withdraw = report.may_withdraw
    if report.status != "degraded":  # which has compared nothing
        status.problems = dict(Counter(finding.kind for finding in report.problems))
        status.residual = sum((abs(line.difference) for line in report.lines), Decimal(0))


def _digest(problems: list[Finding]) -> str:
    said: list[Any] = [(f.kind, f.category, f.symbol, f.position_idx, dict(f.ledger), dict(f.venue)) for f in problems]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _line(finding: Finding) -> str:
    where = " ".join(filter(None, (finding.category, finding.symbol, str(finding.position_idx or "") or None)))
    return f"{finding.kind} {where}: ledger {dict(finding.ledger)}, exchange {dict(finding.venue)} ({finding.rule})"
