"""A run as a table in the terminal and as JSON."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.machine import in_words
from tests.benchmarks.results import Outcome, Result

_COLUMNS = ("", "beside", "unit", "ours", "spread", "other", "spread", "ratio", "spread", "goal")
_WORDS = 3  # the columns that hold words


@dataclass(frozen=True)
class Run:
    """What was measured, where, and in how many rounds."""

    machine: Mapping[str, str]
    rounds: int
    quick: bool
    outcomes: Sequence[Outcome]

    @property
    def title(self) -> str:
        """Where and how, in one line."""
        how = "quick: the figures say nothing" if self.quick else f"medians of {self.rounds} rounds, least – most"
        return f"{in_words(self.machine)}; {how}"


def show(outcome: Outcome, console: Console, *, judged: bool) -> None:
    """The benchmark's table, how long single calls took, and the rows that were there.

    `judged`: whether it says which goals are reached.
    """
    table = Table(title=outcome.name, title_justify="left", caption=_caption(outcome), caption_justify="left")
    for number, name in enumerate(_COLUMNS):
        table.add_column(name, justify="left" if number < _WORDS else "right", overflow="fold")
    for result in outcome.results:
        table.add_row(*_cells(result), _goal(result, judged=judged))
    console.print(table)
    latencies = {name: one for result in outcome.results for name, one in result.percentiles.items()}
    for name, one in latencies.items():
        console.print(f"  {name}: p50 {one.p50:.3f} ms, p95 {one.p95:.3f}, p99 {one.p99:.3f}")


def _caption(outcome: Outcome) -> str:
    counted = [", ".join(f"{name} {count:,}" for name, count in rows.items()) for rows in outcome.rows]
    return "rows at the end: " + "; ".join(counted)


def _cells(result: Result) -> list[str]:
    return [
        f"{result.case}: {result.what}",
        result.beside,
        result.unit,
        _number(statistics.median(result.values)),
        _spread(result.values),
        _number(statistics.median(result.others)),
        _spread(result.others),
        _ratio(result.ratio),
        f"{_ratio(min(result.ratios))}–{_ratio(max(result.ratios))}",
    ]


def _goal(result: Result, *, judged: bool) -> str:
    mark = {None: "", True: "[green]✓[/] ", False: "[red]✗[/] "}[result.met if judged else None]
    return f"{mark}{result.goal or ''}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _spread(values: Sequence[float]) -> str:
    return f"{_number(min(values))}–{_number(max(values))}"


def as_json(run: Run) -> dict[str, Any]:
    """Everything, round by round."""
    return {
        "machine": dict(run.machine),
        "rounds": run.rounds,
        "quick": run.quick,
        "benchmarks": [
            {"name": one.name, "rows": list(one.rows), "results": [_result(result) for result in one.results]}
            for one in run.outcomes
        ],
    }


def _result(result: Result) -> dict[str, Any]:
    goal = None if result.goal is None else {**asdict(result.goal), "met": result.met}
    return {
        **{name: getattr(result, name) for name in ("case", "what", "beside", "unit")},
        "values": list(result.values),
        "others": list(result.others),
        "ratios": result.ratios,
        "ratio": result.ratio,
        "goal": goal,
        "milliseconds": {name: asdict(one) for name, one in result.percentiles.items()},
    }


def write_json(run: Run, path: Path) -> None:
    """Writes the run to a file."""
    path.write_text(json.dumps(as_json(run), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
