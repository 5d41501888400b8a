"""All benchmarks, by name, in the order in which they run. Each is given the run and answers its lines."""

from collections.abc import Callable, Mapping, Sequence

from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Result
from tests.benchmarks.rows import writing

Benchmark = Callable[[Bench], Sequence[Result]]

BENCHMARKS: Mapping[str, Benchmark] = {
    "record_fill": writing.record_fill,
    "hot_book": writing.hot_book,
    "client": writing.client,
    "naive": writing.naive,
}
