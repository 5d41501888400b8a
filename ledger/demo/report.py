"""What the demo prints, and whether every number of it was right."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.rule import Rule
from rich.table import Table

from ledger.money import plain
from ledger.values import CompletedTrade, PositionEntry

# Every digit has to fit a terminal of 80 characters.
_LEAN: dict[str, Any] = {"box": SIMPLE_HEAD, "show_edge": False, "pad_edge": False, "padding": (0, 1, 0, 0)}


class Report:
    """Prints to a console and remembers which expectations were not met."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.checks = 0
        self.failures: list[str] = []

    def heading(self, text: str) -> None:
        """Begins a part."""
        self.console.print()
        self.console.print(Rule(text, align="left"))

    def say(self, text: str) -> None:
        """Prints a paragraph."""
        self.console.print(text, highlight=False, markup=False)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Prints rows; numbers are aligned right and exact."""
        cells = [list(row) for row in rows]
        table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", **_LEAN)
        for number, name in enumerate(columns):
            is_number = any(isinstance(row[number], Decimal | int | tuple) for row in cells)
            table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
        for row in cells:
            table.add_row(*map(show, row))
        # As wide as it is: where that is more than the terminal, this breaks lines between columns at worst.
        table.width = self.console.measure(table, options=self.console.options.update(width=1000)).maximum
        self.console.print(table, crop=False)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """States something and says whether it is so."""
        self.checks += 1
        if found == wanted:
            self.console.print(f"  [green]ok[/green]    {what}", highlight=False)
            return
        problem = f"{what}: {show(found)}" + (f" instead of {show(wanted)}" if wanted != "" else "")
        self.failures.append(problem)
        self.console.print("  [bold red]WRONG[/bold red]", problem, highlight=False)


def show(value: object) -> str:
    """A value as the tables show it: decimals exact, with thousands separated; a tuple one below the other."""
    if isinstance(value, tuple):
        return "\n".join(map(show, value))
    if isinstance(value, Decimal):
        whole, point, fraction = plain(value).partition(".")
        return f"{int(whole):,}{point}{fraction}" if whole != "-0" else f"-0{point}{fraction}"
    return "" if value is None else str(value)


def show_trades(report: Report, title: str, trades: Iterable[CompletedTrade]) -> None:
    """Completed trades, the side in words."""
    report.table(
        title,
        ("symbol\nwas", "quantity", "entry\nexit", "entry fee\nexit fee", "gross\nnet"),
        [
            (
                f"{trade.symbol}\n{direction(trade.side)}",
                trade.quantity,
                (trade.entry_price, trade.exit_price),
                (trade.entry_commission, trade.exit_commission),
                (trade.gross_pnl, trade.net_pnl),
            )
            for trade in trades
        ],
    )


def direction(side: str) -> str:
    """What the side that opened it makes a position: long or short."""
    return "long" if side == "Buy" else "short"


def show_lots(report: Report, title: str, lots: Iterable[PositionEntry]) -> None:
    """Open lots, oldest first."""
    report.table(
        title,
        ("symbol", "is", "opened", "remaining", "price", "fee on the rest", "in"),
        [
            (
                lot.symbol, direction(lot.side), lot.original_qty, lot.remaining_qty, lot.entry_price,
                lot.remaining_commission, lot.commission_asset,
            )
            for lot in lots
        ],
    )  # fmt: skip
