"""All benchmarks, by name, in the order in which they run. Each is given the run and answers its lines.

One more needs a function, a line here, and a section of its name in docs/performance.md.
"""

from collections.abc import Callable, Mapping, Sequence

from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result
from tests.benchmarks.rows import batches, closing, disk, importing, past, reading, restart, verifying, writing

Benchmark = Callable[[Bench], Sequence[Result]]

BENCHMARKS: Mapping[str, Benchmark] = {
    "record_fill": writing.record_fill,
    "hot_book": writing.hot_book,
    "client": writing.client,
    "snapshot": closing.snapshot,
    "batches": batches.batches,
    "naive": writing.naive,
    "consumed": closing.consumed,
    "open_lots": closing.open_lots,
    "history": past.history,
    "reads": reading.reads,
    "late": past.late,
    "import": importing.importing,
    "verify": verifying.verify,
    "restart": restart.restart,
    "disk": disk.disk,
}
