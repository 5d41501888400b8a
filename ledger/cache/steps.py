"""The work that an operation asks of the cache."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """Announce a write of an entry, before it commits. Answers None, always."""

    key: str
    token: str


@dataclass(frozen=True)
class Lease:
    """Announce a repair of an entry, before PostgreSQL is read.

    Answers Redis' time in milliseconds, None without Redis.
    """

    key: str
    token: str


@dataclass(frozen=True)
class Put:
    """Store an entry, if no newer one is there, and take back the `token` of a Mark or Lease.

    Without that token in Redis nothing is stored. `fields` None: the announced write came to nothing. `leased_at`:
    what the Lease answered; None for a writer. Answers None, always.
    """

    key: str
    book_seq: int
    fields: Mapping[str, str] | None
    token: str
    leased_at: int | None = None


@dataclass(frozen=True)
class Read:
    """Ask for an entry. Answers a `Seen`."""

    key: str


@dataclass(frozen=True)
class Seen:
    """What the cache had. `fields` is None where there is nothing to trust; `all_fields` is what is there anyway."""

    fields: Mapping[str, str] | None
    all_fields: Mapping[str, str]


CacheStep = Mark | Lease | Put | Read
