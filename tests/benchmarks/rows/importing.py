"""The import of a past, beside a bare COPY of the same rows; `python -m tests.benchmarks.history` has more of it."""

from tests.benchmarks.bench import Bench
from tests.benchmarks.history import Past, Round, measured_round
from tests.benchmarks.results import Result, at_least

_WAYS = {"imported": "import", "with_proof": "import and proof", "record_fill": "record_fill", "naive": "ORM loop"}


def importing(bench: Bench) -> list[Result]:
    """Over many books and into a single one."""
    rows = bench.pick(1_000_000, 1_000)
    results: list[Result] = []
    for books in bench.pick((1_000, 1), (50,)):
        past = Past(books, jobs=2, seconds=bench.seconds, proof=True)
        rounds = [measured_round(bench.servers, rows, past) for _ in range(bench.rounds)]
        bench.rows.append(rounds[-1].rows)
        results += [_result(rounds, f"{rows:,} rows, {books:,} book{'s' * (books > 1)}", way) for way in _WAYS]
    return results


def _result(rounds: list[Round], case: str, way: str) -> Result:
    return Result(
        case=case,
        what=_WAYS[way],
        beside="bare COPY",
        unit="rows/s",
        values=[getattr(one, way) for one in rounds],
        others=[one.copy for one in rounds],
        goal=at_least(0.5) if way == "imported" else None,
    )
