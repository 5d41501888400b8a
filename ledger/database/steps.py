"""The work that an operation asks a driver to do. Steps say what; whether it blocks or awaits is the driver's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.errors import LedgerError

Rows = list[dict[str, Any]]
Outcome = Rows | LedgerError


@dataclass(frozen=True)
class Query:
    """One statement, one round trip, one transaction. Answers the rows."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """The same statement with several parameter sets, each in a transaction of its own.

    One round trip carries as many of them as fit a socket's buffer; behind one that is refused another one goes on.

    Answers for each set its rows, or the error that it came to. What has been answered or refused is not tried again.
    """

    name: str
    params: Sequence[Mapping[str, Any]]


# A pipeline whose commands do not fit the socket's buffer can stop for good: psycopg waits to read while libpq still
# holds what it could not send. Linux gives a socket 200 kB; this leaves room.
_PIPELINE_BYTES = 64 * 1024


def portion(params: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Sequence[int]:
    """As many of these sets, from the first on, as one pipeline may carry. One that is too large stands alone."""
    room = _PIPELINE_BYTES
    for count, number in enumerate(numbers):
        room -= 1024 + sum(len(value) for value in params[number].values() if isinstance(value, str))
        if room < 0 and count:
            return numbers[:count]
    return numbers
