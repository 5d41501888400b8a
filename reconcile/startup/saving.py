"""Reports as they are stored, and what makes two of them say the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from reconcile.startup.report import Finding, ReconciliationReport
from reconcile.startup.store import Store

_REPORTS = TypeAdapter(ReconciliationReport)
_STATE = ("unexplained", "missing_history", "price_only", "wallet_residual", "quarantined")


async def save(store: Store, report: ReconciliationReport, *, changed: bool) -> None:
    """Stores the report and its findings; if nothing changed since the last one, only confirms that one."""
    whole = _REPORTS.dump_python(report, mode="json")
    report.run_id = await store.save_run(
        started_at=report.started_at,
        status=report.status,
        digest=_digest(report),
        changed=changed,
        compared=whole,
        findings=[columns(finding) for finding in report.findings],
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


def load(row: Mapping[str, Any]) -> ReconciliationReport:
    """The report of a stored run."""
    report = _REPORTS.validate_python(row["compared"])
    report.run_id = row["run_id"]
    return report


def _digest(report: ReconciliationReport) -> str:
    """Of the state that was found. Events, such as an import, belong to the run that they happened in."""
    lines = [(x.category, x.symbol, x.position_idx, str(x.ledger_qty), str(x.venue_qty)) for x in report.lines]
    state = [
        (f.kind, f.category, f.symbol, f.position_idx, dict(f.ledger), dict(f.venue))
        for f in report.findings
        if f.kind in _STATE
    ]
    return hashlib.sha256(json.dumps([lines, state, report.reason], sort_keys=True).encode()).hexdigest()
