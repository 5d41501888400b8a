"""Reports and plans as people read them."""

from typing import Any

from ledger.cli.output import moment, number, output
from ledger.cli.tables import CATEGORY, POSITION_IDX, Column, show
from ledger.values import Position, QuarantineDecision
from reconcile.cli.planning import Plan
from reconcile.cli.records import listed
from reconcile.startup.report import ComparedLine, Finding, ReconciliationReport

_LINES = (
    CATEGORY,
    Column("symbol", "symbol"),
    POSITION_IDX,
    Column("ledger", "ledger", "number"),
    Column("exchange", "exchange", "number"),
    Column("difference", "difference", "number"),
    Column("bots", "bots", rank=1, stacks=True),
)
_FINDINGS = (
    Column("kind", "kind"),
    CATEGORY,
    Column("symbol", "symbol"),
    POSITION_IDX,
    Column("bot_id", "bot", usual=None, rank=1),
    Column("ledger", "ledger", stacks=True),
    Column("exchange", "exchange", stacks=True),
    Column("rule", "rule", rank=3, folds=True),
)
_GAPS = (
    Column("category", "category"),
    Column("since", "from (UTC)", "time"),
    Column("until", "until (UTC)", "time"),
    Column("windows", "windows", "count"),
)
_STYLES = {"ok": "bold green", "findings": "bold red", "degraded": "bold yellow"}


def print_report(report: ReconciliationReport, *, wide: bool) -> None:
    """What was compared, what was found, and the sum."""
    if report.lines:
        show("Both sides", _LINES, [_line(line) for line in report.lines], wide=wide)
    for title, problem in (("Explained", False), ("For a person to decide", True)):
        findings = [_finding(finding) for finding in report.findings if finding.is_problem is problem]
        if findings:
            show(title, _FINDINGS, findings, wide=wide)
    console = output()
    console.print(f"[{_STYLES[report.status]}]{report.status.upper()}[/]", end=" ")
    console.print(_summary(report), markup=False, soft_wrap=True)
    for note in report.notes:
        console.print(note, markup=False, soft_wrap=True)
    if report.reason:
        console.print(report.reason, markup=False, soft_wrap=True)


def print_plan(made: Plan, *, wide: bool) -> None:
    """What would be fetched, and both sides before it."""
    console = output()
    if made.gaps:
        show("Not proven fetched yet", _GAPS, [vars(gap) for gap in made.gaps], wide=wide)
    else:
        console.print("Everything is proven fetched.")
    if made.lines:
        show("Both sides, before anything is fetched", _LINES, [_line(line) for line in made.lines], wide=wide)
    else:
        console.print("No open positions on either side.")
    windows = sum(gap.windows for gap in made.gaps)
    differing = sum(bool(line.difference) for line in made.lines)
    text = (
        f"{made.account}, at {moment(made.at)} UTC: windows to fetch: {windows:,}; "
        f"lines that differ: {differing:,} of {len(made.lines):,}. Nothing was written."
    )
    console.print(text, markup=False, soft_wrap=True)


def print_decision(made: QuarantineDecision, *, dry_run: bool) -> None:
    """What was decided about an execution in quarantine, and what follows from it."""
    console = output()
    if not made.fresh:
        said = f"execution {made.exec_id}: decided before, on {moment(made.decided_at)} UTC: {made.decision}"
    elif dry_run:
        said = f"execution {made.exec_id}: {made.decision} would be stored"
    else:
        said = f"execution {made.exec_id}: {made.decision}"
    console.print(said, markup=False, soft_wrap=True)
    if made.result is not None:
        after = made.result.position
        line = f"{after.bot_id} {after.category} {after.symbol} ({after.position_idx})"
        console.print(f"  {line}: {_position(made.before)} → {_position(after)}", markup=False, soft_wrap=True)
        for trade in made.result.completed_trades:
            earned = "unknown" if trade.net_pnl is None else number(trade.net_pnl)
            console.print(f"  closed {number(trade.quantity)}, net P&L {earned}", markup=False, soft_wrap=True)
    if dry_run:
        console.print("Nothing was written.")


def _position(position: Position | None) -> str:
    if position is None or not position.total_qty:
        return "flat"
    return f"{position.side} {number(position.total_qty)}"


def _line(line: ComparedLine) -> dict[str, Any]:
    return {
        **vars(line),
        "ledger": line.ledger_qty,
        "exchange": line.venue_qty,
        "difference": line.difference,
        "bots": listed({bot: qty for bot, qty in line.bots.items() if qty}),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**vars(finding), "ledger": listed(finding.ledger), "exchange": listed(finding.venue)}


def _summary(report: ReconciliationReport) -> str:
    imported = ", ".join(f"{count:,} {kind}" for kind, count in report.imported.items()) or "nothing"
    agreed = sum(cycle.fitted is not None for cycle in report.cycles)
    parts = [
        f"{report.account}: imported {imported}",
        f"P&L agrees in {agreed:,} of {len(report.cycles):,} cycles",
        f"{len(report.restored):,} positions in the cache",
        f"{report.requests:,} requests",
    ]
    if report.quarantined:
        parts.append(f"{report.quarantined:,} executions in quarantine")
    if report.reused:
        parts.append("the run of another instance")
    return "; ".join(parts)
