"""Reports as they are stored, and what makes two of them say the same."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from reconcile.startup.report import EVENTS, LASTING, Finding, ReconciliationReport
from reconcile.startup.store import Store

_REPORTS = TypeAdapter(ReconciliationReport)


@dataclass
class Lasting:
    """What earlier runs found and a person has to decide about, and what a person has decided."""

    open: dict[int, Finding]
    resolved: list[Finding]

    @classmethod
    async def of(cls, store: Store) -> "Lasting":
        """As it is stored."""
        rows = await store.rows("waiting_findings", kinds=sorted(LASTING))
        return cls(
            {row["finding_id"]: _finding(row) for row in rows if row["is_open"]},
            [_finding(row) for row in rows if not row["is_open"]],
        )

    def carry_over(self, report: ReconciliationReport) -> list[int]:
        """Adds to the report what is still open and leaves out what a person has decided; answers what is settled.

        Settled is a residual of a cycle that this run compared again.
        """
        compared = {(c.category, c.symbol, c.position_idx, c.since.isoformat()) for c in report.cycles}
        settled = [
            number
            for number, one in self.open.items()
            if one.kind == "pnl_residual"
            and (one.category, one.symbol, one.position_idx, one.venue["since"]) in compared
            and not _among(one, report.findings)
        ]
        report.findings = [one for one in report.findings if not _among(one, self.resolved)]
        report.findings += [
            one for number, one in self.open.items() if number not in settled and not _among(one, report.findings)
        ]
        return settled

    def is_new(self, finding: Finding) -> bool:
        """Whether it is not stored yet as one that waits."""
        return not _among(finding, self.open.values())


async def save(
    store: Store, report: ReconciliationReport, *, changed: bool, lasting: Lasting, settled: Sequence[int]
) -> None:
    """Stores the report and its findings; if nothing changed since the last one, only confirms that one."""
    whole = _REPORTS.dump_python(report, mode="json")
    report.run_id = await store.save_run(
        started_at=report.started_at,
        status=report.status,
        digest=_digest(report),
        changed=changed,
        compared=whole,
        findings=[columns(finding) for finding in report.findings if lasting.is_new(finding)],
        settled=list(settled),
        error=report.reason,
    )


def columns(finding: Finding) -> dict[str, Any]:
    """A finding as it is stored."""
    return {
        "kind": finding.kind,
        "category": finding.category,
        "symbol": finding.symbol,
        "position_idx": finding.position_idx,
        "ledger_value": {**finding.ledger, **({"bot_id": finding.bot_id} if finding.bot_id else {})},
        "venue_value": dict(finding.venue),
        "rule": finding.rule,
        "is_problem": finding.is_problem,
    }


def _finding(row: Mapping[str, Any]) -> Finding:
    ledger = dict(row["ledger_value"])
    bot_id = ledger.pop("bot_id", None)
    return Finding(
        **{name: row[name] for name in ("kind", "category", "symbol", "position_idx", "rule")},
        bot_id=bot_id,
        ledger=ledger,
        venue=row["venue_value"],
    )


def _among(finding: Finding, others: Iterable[Finding]) -> bool:
    return any(_said(finding) == _said(other) for other in others)


def _said(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in columns(finding).items() if name != "rule"}


def load(row: Mapping[str, Any]) -> ReconciliationReport:
    """The report of a stored run."""
    report = _REPORTS.validate_python(row["compared"])
    report.run_id = row["run_id"]
    return report


def _digest(report: ReconciliationReport) -> str:
    """Of the state that was found, not of what happened: runs that found the same state need one report."""
    lines = [(x.category, x.symbol, x.position_idx, *map(_plain, (x.ledger_qty, x.venue_qty))) for x in report.lines]
    state = sorted(json.dumps(_said(f), sort_keys=True) for f in report.findings if f.kind not in EVENTS)
    key = (report.read_only_key, report.may_withdraw)
    said = [lines, state, report.reason, key, *report.notes]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _plain(qty: Decimal) -> str:
    return f"{qty.normalize():f}"
