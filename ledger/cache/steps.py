"""The work that an operation asks of the cache."""

from collections.abc import Mapping, Sequence
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


Script = Mark | Lease | Put  # one script each, on one key


@dataclass(frozen=True)
class Together:
    """Carry out steps, in as few round trips as that takes. Answers what each of them answers, in their order.

    They are no transaction: others come between them, and one that fails keeps none of the others back.
    """

    steps: Sequence[Script]


CacheStep = Script | Read | Together
