"""What a scenario is, and what one run of it has to work with and to tell."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from tests.simulation.servers import CrashingServers

Point = TypeVar("Point")


@dataclass
class Run:
    """One run of a scenario. Whatever it decides comes from `random`, which the seed decides.

    Attributes:
        quick: only a sample is wanted, within a few seconds.
        servers: PostgreSQL and Redis that may be ended and started again.
        minutes: how long a soak lasts.
        actions: after how many actions a soak ends, whatever the time; it notes here how many it did.
        part: which part of the points of an enumeration is wanted, of how many.
        counts: what was done, to be printed.
        problems: what was wrong; empty if all is well.
    """

    name: str
    seed: int
    quick: bool
    servers: CrashingServers
    minutes: float = 60.0
    actions: int | None = None
    part: tuple[int, int] = (1, 1)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed} {self.name}")

    def expect(self, true: object, problem: str) -> None:
        """Notes a problem unless something is true."""
        if not true:
            self.problems.append(problem)

    def of_part(self, points: Sequence[Point]) -> Sequence[Point]:
        """Those of an enumeration that this part has. The seed deals them out, and each is in one of the parts."""
        number, parts = self.part
        return Random(f"{self.seed} parts").sample(points, len(points))[number - 1 :: parts] if parts > 1 else points

    @property
    def again(self) -> str:
        """The command that does the same again."""
        options = f"--seed {self.seed}" + (" --quick" if self.quick else "")
        if self.name == "soak":
            options += f" --minutes {self.minutes:g}" + (f" --actions {self.actions}" if self.actions else "")
        if self.part != (1, 1):
            options += f" --part {self.part[0]}/{self.part[1]}"
        return f"python -m tests.faults {options} {self.name}"


class NotPossibleHereError(Exception):
    """The machine does not permit the scenario, or lacks a program that it needs; the text says which."""


Scenario = Callable[[Run], None]
