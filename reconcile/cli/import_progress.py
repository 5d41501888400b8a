"""How far an import is, on a terminal: bar, amount, rate and time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from ledger.cli.output import errors


class _Amount(ProgressColumn):
    """How much of how much."""

    def render(self, task: Task) -> Text:
        unit = task.fields["unit"]
        done = _amount(task.completed, unit)
        return Text(done if task.total is None else f"{done} of {_amount(task.total, unit)}")


class _Rate(ProgressColumn):
    """How much in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{_amount(speed, task.fields['unit'])}/s")


def _amount(value: float, unit: str) -> str:
    return decimal(round(value)) if unit == "bytes" else f"{value:,.0f} {unit}"


@contextmanager
def import_progress() -> Iterator[Callable[[str, int, int | None, str], None]]:
    """Takes stage, amount done, amount in all and unit; each stage has its own bar. None where nobody looks."""
    console = errors()
    columns = (
        TextColumn("{task.description}"), BarColumn(20), TaskProgressColumn(), _Amount(), _Rate(),
        TimeRemainingColumn(compact=True),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        stages = {}

        def show(stage: str, done: int, total: int | None, unit: str) -> None:
            if stage not in stages:
                stages[stage] = progress.add_task(stage, total=total, unit=unit)
            progress.update(stages[stage], completed=done, total=total)

        yield show
