"""The proof of a ledger beside a COPY of its fills; `python -m tests.benchmarks.verify` has more of it."""

from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result, at_least
from tests.benchmarks.verify import measure


def verify(bench: Bench) -> list[Result]:
    """Many books on two connections, and a single one, which is checked on one."""
    rows = bench.pick(1_000_000, 1_000)
    results = []
    for books in bench.pick((1_000, 1), (20,)):
        rounds = measure(bench.servers, rows, books, bench.rounds, jobs=2)
        bench.rows.append({"fills": rows})
        case = f"{rows:,} fills, {books:,} book{'s' * (books > 1)}"
        copies = [one.copy for one in rounds]
        for what, rates, goal in (
            ("verify", [one.verify for one in rounds], at_least(0.2)),
            ("hash chain alone", [one.chain for one in rounds], None),
            ("least of a proof", [one.least for one in rounds], None),
        ):
            results.append(
                Result(case=case, what=what, beside="COPY out", unit="rows/s", values=rates, others=copies, goal=goal)
            )
    return results
