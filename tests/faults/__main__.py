"""`python -m tests.faults`: everything that can go wrong, on real processes, and what the ledger is then."""

import random
import time
import traceback
from typing import Annotated

import typer

from tests.faults.catalogue import SCENARIOS
from tests.faults.scenario import NotPossibleHereError, Run
from tests.forks import forks
from tests.simulation.servers import crashing_servers

_SHOWN = 20


def _known(names: list[str] | None) -> list[str]:
    for name in names or ():
        if name not in SCENARIOS:
            raise typer.BadParameter(f"{name} is none of {', '.join(SCENARIOS)}")
    return names or list(SCENARIOS)


def _part(text: str) -> tuple[int, int]:
    number, _, parts = text.partition("/")
    if not (number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise typer.BadParameter(f"{text} is no part such as 2/5")
    return int(number), int(parts)


def main(
    *,
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Of {', '.join(SCENARIOS)}. Default: all.", callback=_known)
    ] = None,
    quick: Annotated[bool, typer.Option(help="A sample of each, within seconds.")] = False,
    seed: Annotated[int | None, typer.Option(help="Decides whatever is drawn. Default: another each time.")] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long the soak lasts.")] = 60.0,
    actions: Annotated[int | None, typer.Option(min=1, help="After how many actions the soak ends instead.")] = None,
    part: Annotated[str, typer.Option(metavar="K/N", help="The K-th of N parts of each enumeration.")] = "1/1",
) -> None:
    """Break everything that the ledger depends on; the exit code is 1 if it did not keep what it promises."""
    dealt = _part(part)
    chosen = random.randrange(10**6) if seed is None else seed
    failed = False
    with crashing_servers() as servers:
        for name in names or ():
            run = Run(name, chosen, quick, servers, minutes, actions, dealt)
            failed = _show(run) or failed
    raise typer.Exit(1 if failed else 0)


def _show(run: Run) -> bool:
    """Runs a scenario and prints its line; whether anything was wrong."""
    began, missing = time.monotonic(), None
    try:
        SCENARIOS[run.name](run)
    except NotPossibleHereError as error:
        missing = str(error)
    except Exception:
        run.problems.append(traceback.format_exc())
    verdict = f"{len(run.problems)} WRONG" if run.problems else f"not possible here: {missing}" if missing else "ok"
    counts = ", ".join(f"{count} {what}" for what, count in run.counts.items())
    part = "" if run.part == (1, 1) else f" part {run.part[0]} of {run.part[1]},"
    typer.echo(f"{run.name}:{part} {verdict}; {counts}; seed {run.seed}, {time.monotonic() - began:.0f} s")
    for problem in run.problems[:_SHOWN]:
        typer.echo(f"    {problem}")
    if run.problems:
        typer.echo(f"    again: {run.again}")
    return bool(run.problems)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(main)

if __name__ == "__main__":
    forks("tests.faults.__main__")  # each process imports its parent's main module, and all that this one imports
    app()
