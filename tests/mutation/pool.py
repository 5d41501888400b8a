"""Processes that share the mutants."""

import multiprocessing
from collections.abc import Iterator, Sequence

from tests.mutation.mutant import Mutant
from tests.mutation.verdict import Verdict
from tests.mutation.worker import Baselines, GuardsFailError, Plan, work

_PATIENCE_SECONDS = 1800


def judged(mutants: Sequence[Mutant], jobs: int, seed: int, *, quick: bool, stages: int | None) -> Iterator[Verdict]:
    """The verdicts of the quick checks, the tests, or both, as they come.

    Raises:
        GuardsFailError: tests fail without any mutant.
    """
    context = multiprocessing.get_context("spawn")
    waiting, done = context.Queue(), context.Queue()
    jobs = min(jobs, len(mutants))
    for mutant in [*mutants, *[None] * jobs]:
        waiting.put(mutant)
    manager = context.Manager()
    plan = Plan(seed, quick, stages, Baselines(manager.dict(), manager.Lock()))
    workers = [context.Process(target=work, args=(number, plan, waiting, done), daemon=True) for number in range(jobs)]
    for worker in workers:
        worker.start()
    try:
        for _ in mutants:
            verdict = done.get(timeout=_PATIENCE_SECONDS)
            if isinstance(verdict, str):
                raise GuardsFailError(verdict)
            yield verdict
    finally:
        for worker in workers:
            worker.join(timeout=60)
            worker.terminate()
