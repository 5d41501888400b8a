"""What a reconciliation compared, imported, found and restored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import StringIO
from shutil import get_terminal_size
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleRenderable, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Status = Literal["ok", "findings", "degraded"]

# Differences that a person, or a policy, has to decide about. All other findings are explanations.
PROBLEMS = frozenset(
    {
        "unexplained",
        "missing_history",
        "price_only",
        "pnl_residual",
        "conflicting_fill",
        "instrument_conflict",
        "quarantined",
        "order_regressed",
        "wrong_book",
    }
)
# Problems that a run does not look for again once it has seen them: they stay until a person resolves them.
LASTING = frozenset({"conflicting_fill", "instrument_conflict", "pnl_residual", "order_regressed", "wrong_book"})
# What happened in one run; all else is the state in which it found the account.
EVENTS = frozenset(
    {
        "closed_while_down",
        "reduced_while_down",
        "increased_while_down",
        "flipped_while_down",
        "opened_while_down",
        "opened_outside",
        "traded_while_down",
        "liquidated",
        "adjusted",
        "adjustment_replaced",
        "funding_shared",
        "reassigned",
    }
)
Values = Mapping[str, str | None]
_WIDTH = 120


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference or event, with what either side says and the rule that was applied."""

    kind: str
    rule: str
    category: str | None = None
    symbol: str | None = None
    position_idx: int | None = None
    bot_id: str | None = None
    ledger: Values = field(default_factory=dict)
    venue: Values = field(default_factory=dict)

    @property
    def is_problem(self) -> bool:
        """Whether somebody has to decide about it."""
        return self.kind in PROBLEMS


@dataclass(frozen=True, kw_only=True)
class ComparedLine:
    """One line on both sides. Quantities in coins (inverse: contracts), negative for a short; `bots` by bot_id."""

    category: str
    symbol: str
    position_idx: int
    bots: Mapping[str, Decimal]
    ledger_qty: Decimal
    venue_qty: Decimal
    ledger_price: Decimal | None = None  # moving average where FIFO must agree with it
    venue_price: Decimal | None = None
    price_tolerance: Decimal = Decimal("1e-8")  # relative; what the venue's rounding explains

    @property
    def key(self) -> tuple[str, str, int]:
        """Category, symbol (spot: coin) and position_idx."""
        return self.category, self.symbol, self.position_idx

    @property
    def difference(self) -> Decimal:
        """What the ledger lacks; negative: what it has too much."""
        return self.venue_qty - self.ledger_qty


@dataclass(frozen=True, kw_only=True)
class ComparedCycle:
    """The P&L of one stretch from flat to flat, in the settle coin. `fitted`: which residual explains a difference."""

    category: str
    symbol: str
    position_idx: int
    since: datetime
    until: datetime
    orders: int
    ledger_net: Decimal
    venue_pnl: Decimal
    funding: Decimal
    fitted: Literal["none", "funding"] | None


@dataclass(kw_only=True)
class ReconciliationReport:
    """The result of `reconcile_positions_on_startup`. Times are UTC; `imported` counts new executions by type."""

    account: str
    account_id: int
    started_at: datetime
    finished_at: datetime | None = None
    status: Status = "ok"
    reason: str | None = None  # why it is degraded
    run_id: int | None = None
    reused: bool = False  # another instance's run, finished while this one waited
    read_only_key: bool | None = None
    may_withdraw: bool | None = None
    lines: list[ComparedLine] = field(default_factory=list)
    cycles: list[ComparedCycle] = field(default_factory=list)
    imported: dict[str, int] = field(default_factory=dict)
    windows: int = 0
    requests: int = 0
    findings: list[Finding] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)  # positions written to the cache, bot:category:symbol:idx
    notes: list[str] = field(default_factory=list)  # what the run went on without, or in spite of
    quarantined: int = 0  # executions that wait for a person
    # How far the journals of each book went, of fills and of cash, by book_id: what comes after has not been told.
    journals: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether both sides agree and nobody has to decide anything."""
        return self.status == "ok"

    @property
    def problems(self) -> list[Finding]:
        """The findings that somebody has to decide about."""
        return [finding for finding in self.findings if finding.is_problem]

    @property
    def imported_count(self) -> int:
        """How many executions the ledger did not have."""
        return sum(self.imported.values())

    def __rich__(self) -> ConsoleRenderable:
        """The lines and the findings, for a terminal."""
        parts: list[ConsoleRenderable] = [_lines_table(self)]
        for finding in self.findings:
            parts += _described(finding)
        return Group(*parts, _summary(self))

    def __str__(self) -> str:
        """The same as text, as wide as the terminal and no wider than is read with ease; elsewhere 120 columns."""
        width = min(get_terminal_size(fallback=(_WIDTH, 0)).columns, _WIDTH)
        console = Console(file=StringIO(), width=width, emoji=False)
        with console.capture() as captured:
            console.print(self)
        return captured.get()


def _summary(report: ReconciliationReport) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.imported.items())) or "nothing"
    agreed = sum(cycle.fitted is not None for cycle in report.cycles)
    text = (
        f"imported: {kinds}; P&L agrees in {agreed} of {len(report.cycles)} cycles; "
        f"{len(report.restored)} positions in the cache; {report.requests} requests"
    )
    if report.quarantined:
        text += f"; {report.quarantined} executions in quarantine"
    return escape("\n".join([text, *report.notes, *([report.reason] if report.reason else [])]))


def _lines_table(report: ReconciliationReport) -> Table:
    reused = " (another instance's run)" if report.reused else ""
    title = escape(f"{report.account}: {report.status}{reused}")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("category", "symbol", "idx", "ledger", "exchange", "difference", "bots"):
        left = name in {"category", "symbol", "bots"}
        table.add_column(name, justify="left" if left else "right", overflow="fold")
    for line in report.lines:
        bots = "\n".join(f"{bot} {qty:f}" for bot, qty in line.bots.items() if qty)
        sums = (f"{line.ledger_qty:f}", f"{line.venue_qty:f}", f"{line.difference:f}")
        table.add_row(line.category, line.symbol, str(line.position_idx), *sums, escape(bots))
    return table


def _described(finding: Finding) -> list[ConsoleRenderable]:
    """Its place in one line, and both sides and the rule below, whatever their lengths."""
    leg = str(finding.position_idx) if finding.position_idx else None
    where = (finding.kind, finding.category, finding.symbol, leg, finding.bot_id)
    said = {"ledger": _shown(finding.ledger), "exchange": _shown(finding.venue), "rule": finding.rule}
    lines = [Padding(Text(f"{name}: {text}"), (0, 0, 0, 4), expand=False) for name, text in said.items() if text]
    return [Text("finding: " + " ".join(filter(None, where))), *lines]


def _shown(values: Values) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
