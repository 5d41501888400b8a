"""A run as a picture: every ratio with its spread beside its goal."""

import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.benchmarks.report import Run
from tests.benchmarks.results import Result

_COLOURS = {None: "tab:gray", True: "tab:green", False: "tab:red"}
_INCHES_PER_LINE = 0.22


def write_plot(run: Run, path: Path) -> None:
    """Draws all results, one line each, on a logarithmic scale."""
    lines = [(outcome.name, result) for outcome in run.outcomes for result in outcome.results]
    with mpl.rc_context({"svg.hashsalt": "benchmarks", "font.size": 7}):
        figure = Figure(figsize=(11, 1.4 + _INCHES_PER_LINE * len(lines)), layout="constrained")
        axes = figure.subplots()
        for place, (_, result) in enumerate(lines):
            _draw(axes, place, result, _COLOURS[None if run.quick else result.met])
        labels = [f"{name}: {one.what} / {one.beside} ({one.case})" for name, one in lines]
        axes.set_yticks(range(len(lines)), labels)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xscale("log")
        axes.axvline(1, color="black", linewidth=0.5)
        axes.grid(axis="x", linewidth=0.3)
        axes.set_xlabel(
            "ratio: dot the median, bar from least to most; ▶ the goal is at least that, ◀ at most; green reached"
        )
        figure.suptitle("\n".join(textwrap.wrap(_title(run), 150)), fontsize=7)
        figure.savefig(path, dpi=150, format="png")


def _title(run: Run) -> str:
    rows = "; ".join(
        f"{one.name} {max(tables.get('fills', 0) for tables in one.rows):,}" for one in run.outcomes if one.rows
    )
    return f"{run.title}. Fills in the tables: {rows}"


def _draw(axes: Any, place: int, result: Result, colour: str) -> None:
    axes.plot([min(result.ratios), max(result.ratios)], [place, place], color=colour, linewidth=2, alpha=0.5)
    axes.plot(result.ratio, place, "o", color=colour, markersize=4)
    if result.goal is not None:
        axes.plot(result.goal.limit, place, ">" if result.goal.sign == "≥" else "<", color="black", markersize=4)
