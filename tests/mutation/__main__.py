"""`python -m tests.mutation`: small mistakes in the code that handles money, one at a time, and what the tests say."""

import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.mutation.catalogue import python_files, sql_files
from tests.mutation.mutant import ROOT, Mutant
from tests.mutation.pool import judged
from tests.mutation.python_mutants import python_mutants
from tests.mutation.report import Report, survivors_in
from tests.mutation.sql_mutants import sql_mutants
from tests.mutation.survivors import Survivors


def _chosen(
    *, sql: bool, python: bool, only: list[str], again: Path | None, sample: int | None, share: float | None, seed: int
) -> list[Mutant]:
    both = sql == python
    found: list[Mutant] = []
    for path in sql_files() if sql or both else ():
        found += sql_mutants(path)
    for path in python_files() if python or both else ():
        found += python_mutants(path)
    places = dict(_placed(found, seed))
    if again is not None:
        survived = {(row["file"], row["line"], row["change"]) for row in survivors_in(again)}
        found = [mutant for mutant in found if (mutant.file, mutant.line, mutant.key) in survived]
    if only:
        names = {mutant.file for mutant in found}
        for name in only:
            if not any(name in known for known in names):
                raise typer.BadParameter(f"no file of {', '.join(sorted(names))} has {name} in its name")
        found = [mutant for mutant in found if any(name in mutant.file for name in only)]
    return sorted((mutant for mutant in found if places[mutant] < (share or 1)), key=places.__getitem__)[:sample]


def _placed(mutants: list[Mutant], seed: int) -> Iterator[tuple[Mutant, float]]:
    """Each with a place in [0, 1) that looks random, so that the first of them say something about all.

    It depends on nothing but the mutant itself: where some code has changed, the others stay in the sample.
    """
    occurrences: Counter[tuple[str, str, str]] = Counter()
    for mutant in mutants:
        same = (mutant.file, mutant.scope, mutant.key)
        occurrences[same] += 1
        yield mutant, int.from_bytes(sha256(repr((seed, *same, occurrences[same])).encode()).digest()[:6]) / 2**48


def main(
    *,
    sql: Annotated[bool, typer.Option("--sql", help="SQL only.")] = False,
    python: Annotated[bool, typer.Option("--python", help="Python only.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Files with this in their names; may be repeated.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many at a time, each on servers of its own.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the sample, and of the examples that the tests make up.")] = 0,
    sample: Annotated[int | None, typer.Option(min=1, help="So many of the mutants, at random.")] = None,
    share: Annotated[float | None, typer.Option(min=0, max=1, help="Such a part of the mutants, at random.")] = None,
    again: Annotated[
        Path | None, typer.Option(help="Only those that survived in the run that wrote this JSON.")
    ] = None,
    fast: Annotated[bool, typer.Option(help="The quick checks by SQL alone, and no test.")] = False,
    stages: Annotated[int | None, typer.Option(min=1, help="So many stages of the tests, not all.")] = None,
    slow: Annotated[bool, typer.Option(help="The tests alone, and no quick check.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show the mutants and run nothing.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write every verdict to this file.")] = None,
) -> None:
    """Mutate and judge. Exit code 1: a mutant survives that is not listed as equivalent, or a listed one is killed."""
    console = Console(width=150, highlight=False, markup=False, soft_wrap=True)
    mutants = _chosen(sql=sql, python=python, only=only or [], again=again, sample=sample, share=share, seed=seed)
    if listed:
        for mutant in mutants:
            console.print(f"{mutant.file}:{mutant.line} {mutant.scope}: {mutant.key}")
        return
    report = Report(Survivors.load(ROOT / "tests" / "mutation" / "survivors.toml"), seed)
    for verdict in judged(mutants, jobs, seed, quick=not slow, stages=0 if fast else stages):
        report.add(verdict)
        report.show_last(console, len(mutants))
        if json is not None:
            report.write(json)
    report.show(console)
    sys.exit(report.exit_code)


app = typer.Typer(add_completion=False)
app.command()(main)

if __name__ == "__main__":
    app()
