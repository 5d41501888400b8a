"""What a fill takes on disk, with all that follows from it."""

import random
from collections.abc import Callable

from tests.benchmarks.bench import Bench, ask, settle
from tests.benchmarks.fills import a_fill, symbol_of
from tests.benchmarks.past import bring_in
from tests.benchmarks.results import Result, at_most
from tests.benchmarks.target import Target
from tests.statements import statement

_BATCH = 20
_PARTS = ("fills", "lots", "completed_trades", "books")


def disk(bench: Bench) -> list[Result]:
    """Bytes in all tables and indexes beside the bare row with its unique index. Sizes are the same in every round."""
    fills, books = bench.pick((200_000, 1_000), (1_000, 50))

    def live(target: Target) -> None:
        with target.client(cached=False) as client:
            for _ in range(fills // _BATCH):
                book = {"symbol": symbol_of(random.randrange(books))}
                client.record_fills([a_fill(1) | book for _ in range(_BATCH)])

    def imported(target: Target) -> None:
        bring_in(target, "past_table", rows=fills, books=books)

    return [
        *_measured(bench, f"{fills:,} fills, written in batches", live),
        *_measured(bench, f"{fills:,} fills, imported", imported),
    ]


def _measured(bench: Bench, case: str, write: Callable[[Target], None]) -> list[Result]:
    with bench.database() as target:
        write(target)
        with target.connect() as connection:
            connection.execute(statement("benchmark/fill_bare"))
        settle(target.database_url)
        sizes = ask(target.database_url, "benchmark/bytes")
    bare = float(sizes["bare"])
    parts = [(f"of them {part}", sizes[part], None) for part in _PARTS]
    return [
        Result(
            case=case, what=what, beside="bare row, unique index", unit="bytes per fill", goal=goal,
            values=[float(size)], others=[bare],
        )
        for what, size, goal in (("all tables", sizes["ledger"], at_most(3)), *parts)
    ]  # fmt: skip
