"""The work that an operation asks of the cache."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """Announce a write of an entry, before it commits. Answers None, always."""

    key: str
    token: str


@dataclass(frozen=True)
class Put:
    """Store an entry, if no newer one is there, and take back the announcement `token`.

    `fields` None: the announced write came to nothing. `read_at`: for a reader, its clock (see `Read`) before it
    asked PostgreSQL. `extra`: fields to set in any case. Answers None, always.
    """

    key: str
    book_seq: int
    fields: Mapping[str, str] | None
    token: str = ""
    read_at: int | None = None
    extra: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Read:
    """Ask for an entry. Answers a `Seen`."""

    key: str


@dataclass(frozen=True)
class Seen:
    """What the cache had. `fields` is None where there is nothing to trust; `all_fields` is what is there anyway.

    `at` is Redis' clock in milliseconds at the moment of asking; None: Redis did not answer.
    """

    fields: Mapping[str, str] | None
    all_fields: Mapping[str, str]
    at: int | None


CacheStep = Mark | Put | Read
