"""The work that an operation asks a driver to do. Steps say what; whether it blocks or awaits is the driver's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Query:
    """One statement, one round trip, one transaction. Answers the rows."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """The same statement with several parameter sets in one round trip, each in a transaction of its own.

    Answers one list of rows for each set. The first error is raised when all have been tried.
    """

    name: str
    params: Sequence[Mapping[str, Any]]
