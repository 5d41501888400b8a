"""Many seeds, two at a time: python -m tests.simulation [--seeds A-B] [--steps N] [--jobs N] [--keep-going]

Real processes trade on a local Bybit, write to a real PostgreSQL and Redis, and reconcile, while bots, reconcilers,
servers and answers are lost. Everything that is done to them comes from one Random(seed), and a failure prints the
seed and the command that repeats it. The script is the same then; how the processes interleave is not, so that it may
take some repetitions (--times) until the same thing goes wrong.
"""

import argparse
import sys
import time
from collections import Counter

from tests.simulation.jobs import verdicts

STEPS = 60


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=_seeds("1-200"), help="one, or a range such as 1-200")
    parser.add_argument("--steps", type=int, default=STEPS, help="actions in each seed")
    parser.add_argument("--jobs", type=int, default=2, help="seeds at the same time")
    parser.add_argument("--times", type=int, default=1, help="how often each seed is run")
    parser.add_argument("--keep-going", action="store_true", help="go on after a seed that failed")
    return parser.parse_args()


def main() -> int:
    """Prints a line for each seed, and at the end what was done; the exit code is 1 if anything was wrong."""
    given = _arguments()
    seeds = [seed for seed in given.seeds for _ in range(given.times)]
    done: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    seconds: list[float] = []
    executions, failed, began = 0, [], time.monotonic()
    for verdict in verdicts(seeds, given.steps, given.jobs):
        done += verdict.done
        answers += verdict.answers
        seconds.append(verdict.seconds)
        executions += verdict.executions
        print(
            f"seed {verdict.seed}: {'FAILED' if verdict.problems else 'ok'}, {verdict.seconds:.1f} s, "
            f"{verdict.executions} executions",
            flush=True,
        )
        if verdict.problems:
            failed.append(verdict.seed)
            print("\n".join(f"    {problem}" for problem in verdict.problems[:20]))
            print(f"    again: python -m tests.simulation --seeds {verdict.seed} --steps {given.steps}", flush=True)
            if not given.keep_going:
                break
    print(f"{len(seconds)} seeds, {len(failed)} failed {failed}, {executions} executions")
    print(f"{time.monotonic() - began:.0f} s in all, a seed took up to {max(seconds, default=0):.1f} s")
    print(f"done: {dict(sorted(done.items()))}\nanswers: {dict(sorted(answers.items()))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
