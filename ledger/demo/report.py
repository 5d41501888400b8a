"""What the demo prints, and whether every number of it was right."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.console import Console
from rich.rule import Rule
from rich.table import Table

from ledger.money import plain
from ledger.values import CompletedTrade, PositionEntry


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
        table = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
        cells = [list(row) for row in rows]
        for number, name in enumerate(columns):
            is_number = any(isinstance(row[number], Decimal | int) for row in cells)
            table.add_column(name, justify="right" if is_number else "left", overflow="fold")
        for row in cells:
            table.add_row(*(show(cell) for cell in row))
        self.console.print(table)

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
    """A value as the tables show it: decimals exact, with thousands separated."""
    if isinstance(value, Decimal):
        whole, point, fraction = plain(value).partition(".")
        return f"{int(whole):,}{point}{fraction}" if whole != "-0" else f"-0{point}{fraction}"
    return "" if value is None else str(value)


def show_trades(report: Report, title: str, trades: Iterable[CompletedTrade]) -> None:
    """Completed trades, the side in words."""
    report.table(
        title,
        ("symbol", "was", "quantity", "entry", "exit", "gross", "entry fee", "exit fee", "net"),
        [
            (
                trade.symbol, "long" if trade.side == "Buy" else "short", trade.quantity, trade.entry_price,
                trade.exit_price, trade.gross_pnl, trade.entry_commission, trade.exit_commission, trade.net_pnl,
            )
            for trade in trades
        ],
    )  # fmt: skip


def show_lots(report: Report, title: str, lots: Iterable[PositionEntry]) -> None:
    """Open lots, oldest first."""
    report.table(
        title,
        ("symbol", "side", "opened", "remaining", "price", "fee on the rest", "in", "status"),
        [
            (
                lot.symbol, lot.side, lot.original_qty, lot.remaining_qty, lot.entry_price, lot.remaining_commission,
                lot.commission_asset, lot.status,
            )
            for lot in lots
        ],
    )  # fmt: skip
