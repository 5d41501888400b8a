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
    """The same statement with several parameter sets, each in a transaction of its own.

    One round trip carries as many of them as fit a socket's buffer.

    Answers one list of rows for each set. The first error is raised when all have been tried.
    """

    name: str
    params: Sequence[Mapping[str, Any]]


Portion = list[Mapping[str, Any]]

# A pipeline whose commands do not fit the socket's buffer can stop for good: psycopg waits to read while libpq still
# holds what it could not send. Linux gives a socket 200 kB; this leaves room.
_PIPELINE_BYTES = 64 * 1024


def portions(params: Sequence[Mapping[str, Any]]) -> list[Portion]:
    """Cuts parameter sets into what one pipeline may carry. A set that is too large for one stands alone."""
    found: list[Portion] = []
    room = 0
    for one in params:
        size = 1024 + sum(len(value) for value in one.values() if isinstance(value, str))
        if not found or size > room:
            found.append([])
            room = _PIPELINE_BYTES
        found[-1].append(one)
        room -= size
    return found
