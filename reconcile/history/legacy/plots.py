"""The page's plots, as SVG that takes its colours from the page."""

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reconcile.history.legacy.report import Moment, Totals
from reconcile.history.legacy.shown import money

# Stand-ins for the page's own colours, which differ by light and dark.
_COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--faint)",
    "#030303": "var(--line)",
    "#040404": "var(--old)",
    "#050505": "var(--ours)",
    "#060606": "var(--more)",
    "#070707": "var(--less)",
}
_INK, _FAINT, _LINE, _OLD, _OURS, _MORE, _LESS = _COLOURS
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.parse_math": False,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _FAINT,
    "xtick.color": _FAINT,
    "ytick.color": _FAINT,
    "grid.color": _LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_MOST_POINTS = 600
_WIDTH = 8.6  # inches


def causes_plot(totals: Totals, name: str) -> str:
    """A bar for each cause: how much too high, or too low, the earlier system was for it."""
    rows = [(cause.label, float(tally.amount), tally) for cause, tally in totals.causes.items()][::-1]
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, 0.75 + 0.42 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        amounts = [amount for _, amount, _ in rows]
        colours = [_MORE if amount >= 0 else _LESS for amount in amounts]
        axes.barh([label for label, _, _ in rows], amounts, color=colours, height=0.62)
        axes.axvline(0, color=_FAINT, linewidth=1)
        for n, (_, amount, tally) in enumerate(rows):
            text = f" {money(tally.amount, totals.settle_coin, signed=True)} "
            axes.text(amount, n, text, va="center", ha="left" if amount >= 0 else "right", fontsize=10)
        _widen(axes, amounts)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0, labelcolor=_INK)
        axes.set_xlabel(f"too low  ←  {totals.settle_coin}  →  too high")
        _amounts_on(axes, "x")
        return _svg(figure, name)


def course_plot(moments: Sequence[Moment], coin: str, name: str) -> str:
    """The P&L so far, as the earlier system and as the ledger have it."""
    shown = _thinned(moments)
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, 3.6), layout="constrained")
        axes = figure.add_subplot()
        times = [moment.time for moment in shown]
        ours = [float(moment.ours) for moment in shown]
        said = [float(moment.old) for moment in shown]
        axes.fill_between(times, said, ours, step="post", color=_OLD, alpha=0.14, linewidth=0)  # type: ignore[arg-type]
        axes.step(times, said, where="post", color=_OLD, linewidth=1.9, linestyle=(0, (5, 2)))  # type: ignore[arg-type]
        axes.step(times, ours, where="post", color=_OURS, linewidth=1.9)  # type: ignore[arg-type]
        _name_ends(axes, times[-1], [(said[-1], "old system", _OLD), (ours[-1], "ledger", _OURS)])
        axes.axhline(0, color=_LINE, linewidth=1)
        axes.grid(axis="y", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_ylabel(coin)
        locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        _amounts_on(axes, "y")
        return _svg(figure, name)


def _thinned(moments: Sequence[Moment]) -> Sequence[Moment]:
    """Few enough points for a plot, the first and the last among them."""
    step = -(-len(moments) // _MOST_POINTS)
    kept = moments[::step] if step > 1 else moments
    return kept if kept[-1] is moments[-1] else [*kept, moments[-1]]


def _name_ends(axes: Axes, time: object, ends: list[tuple[float, str, str]]) -> None:
    """Names the lines where they end, the upper one above."""
    upper = max(ends)[0]
    for value, label, colour in ends:
        above = value == upper and ends[0][0] != ends[1][0]
        axes.annotate(
            label,
            (time, value),
            xytext=(6, 5 if above else -5),
            textcoords="offset points",
            va="bottom" if above else "top",
            color=colour,
            fontweight="bold",
            annotation_clip=False,
        )


def _widen(axes: Axes, amounts: Sequence[float]) -> None:
    """Room for what is written at the bars' ends."""
    low, high = min([*amounts, 0.0]), max([*amounts, 0.0])
    room = (high - low or 1.0) * 0.18
    axes.set_xlim(low - (room if low < 0 else 0), high + (room if high > 0 else 0))


def _amounts_on(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}".replace("-", "−")))


def _svg(figure: Figure, name: str) -> str:
    """The figure as an element of a page: no prologue, no foreign names, ids of its own."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
    )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    for colour, of_page in _COLOURS.items():
        text = text.replace(colour, of_page)
    text = re.sub(r"font-family: [^;]*;", "", text)
    used = set(re.findall(r"#([\w-]+)[)\"']", text))
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", text)
    for one in used:
        text = re.sub(rf"#{re.escape(one)}(?=[)\"'])", f"#{name}-{one}", text)
    text = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", text, count=1)
    return text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
