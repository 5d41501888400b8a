"""`python -m tests.benchmarks`: what the ledger costs beside what its servers can do, measured in one run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.benchmarks.bench import Bench
from tests.benchmarks.catalogue import BENCHMARKS
from tests.benchmarks.machine import describe
from tests.benchmarks.plot import write_plot
from tests.benchmarks.report import Run, show, write_json
from tests.benchmarks.results import Outcome
from tests.benchmarks.servers import benchmark_servers

_WIDTH = 170
_QUICK_SECONDS = 0.1


def _known(names: list[str] | None) -> list[str]:
    for name in names or ():
        if name not in BENCHMARKS:
            raise typer.BadParameter(f"{name} is none of {', '.join(BENCHMARKS)}")
    return names or list(BENCHMARKS)


def main(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Of {', '.join(BENCHMARKS)}. Default: all.", callback=_known)
    ] = None,
    quick: Annotated[bool, typer.Option(help="One small round: shows that it works, measures nothing.")] = False,
    large: Annotated[bool, typer.Option(help="Ten million fills as well, which takes long and much disk.")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="How often the ways take turns.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.01, help="How long each way writes in a round.")] = 2.0,
    json: Annotated[Path | None, typer.Option(help="Write everything to this file, round by round.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the ratios into this file, a PNG.")] = None,
) -> None:
    """Measure the ledger beside bare PostgreSQL and Redis."""
    console = Console(width=_WIDTH)
    outcomes: list[Outcome] = []
    if quick:
        rounds, seconds = 1, _QUICK_SECONDS
    with (
        benchmark_servers() as servers,
        Bench(servers, rounds=rounds, seconds=seconds, quick=quick, large=large) as bench,
    ):
        run = Run(describe(servers, durable=not quick), rounds, quick, outcomes)
        console.print(run.title)
        for name in names or ():
            outcomes.append(Outcome(name, BENCHMARKS[name](bench), bench.counted()))
            show(outcomes[-1], console, judged=not quick)
            _write(run, json, plot)  # a run takes long: what is measured should not be lost with what follows
    console.print(run.title)


def _write(run: Run, json: Path | None, plot: Path | None) -> None:
    if json is not None:
        write_json(run, json)
    if plot is not None:
        write_plot(run, plot)


app = typer.Typer(add_completion=False)
app.command()(main)

if __name__ == "__main__":
    app()
