"""What a benchmark finds: ours, what it is measured beside, round by round, and the goal of their ratio."""

import itertools
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """How large the ratio of ours to what it is measured beside may be, or must be."""

    sign: str
    limit: float

    def met(self, ratio: float) -> bool:
        """Whether the ratio is on the right side."""
        return ratio >= self.limit if self.sign == "≥" else ratio <= self.limit

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:g}"


def at_least(limit: float) -> Goal:
    """For rates."""
    return Goal("≥", limit)


def at_most(limit: float) -> Goal:
    """For times and sizes."""
    return Goal("≤", limit)


@dataclass(frozen=True)
class Percentiles:
    """How long single calls took, in milliseconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, rounds: Iterable[Sequence[float]]) -> "Percentiles":
        """Of all calls of all rounds together, given in seconds."""
        cuts = statistics.quantiles(itertools.chain.from_iterable(rounds), n=100, method="inclusive")
        return cls(*(cuts[percent - 1] * 1000 for percent in (50, 95, 99)))


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of a benchmark. `values` and `others` have one number for each round, both in `unit`."""

    case: str
    what: str
    beside: str
    unit: str
    values: Sequence[float]
    others: Sequence[float]
    goal: Goal | None = None
    percentiles: Mapping[str, Percentiles] = field(default_factory=dict)  # by what was called

    @property
    def ratios(self) -> list[float]:
        """Ours by the other, for each round."""
        return [ours / other for ours, other in zip(self.values, self.others, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the goal; None without one."""
        return None if self.goal is None else self.goal.met(self.ratio)


@dataclass(frozen=True)
class Outcome:
    """All lines of one benchmark, and the rows that were in the tables of each of its databases at the end."""

    name: str
    results: Sequence[Result]
    rows: Sequence[Mapping[str, int]]
