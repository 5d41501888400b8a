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
        results.append(
            Result(
                case=f"{rows:,} fills, {books:,} book{'s' * (books > 1)}",
                what="verify",
                beside="COPY out",
                unit="rows/s",
                values=[one.verify for one in rounds],
                others=[one.copy for one in rounds],
                goal=at_least(0.2),
            )
        )
    return results
