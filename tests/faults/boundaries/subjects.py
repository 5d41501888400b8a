"""What is interrupted: anything that writes, as a function that a process of its own can run."""

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import psycopg

from ledger.database.url import to_conninfo
from ledger.migrate import current_revision, downgrade, upgrade
from tests.faults.boundaries.writes import WRITES, cache_problems, carry_out, prepare
from tests.faults.state import State, state_of
from tests.importing import bring_in, tables
from tests.invariants import broken_invariants
from tests.past import Desk, past
from tests.schema import catalog

Urls = tuple[str, str]  # of the database and of Redis


@dataclass(frozen=True)
class Subject:
    """Something to interrupt.

    Attributes:
        prepare: what was there before, in a database that is migrated unless `migrated` is false.
        act: the thing itself; a process of its own runs it, perhaps several times over.
        state: all that a state is compared by.
        problems: what else may be wrong when it has been done.
        together: it is one transaction, so that only the states before and after it may ever be seen.
    """

    name: str
    prepare: Callable[[str], None]
    act: Callable[[str, str], None]
    state: Callable[[str], State]
    problems: Callable[[str, str], list[str]]
    together: bool
    migrated: bool = True


def broken(database_url: str) -> list[str]:
    """The invariants that do not hold."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        return [f"{rule}: {rows[:2]}" for rule, rows in broken_invariants(connection).items()]


def write_subject(name: str) -> Subject:
    """One of the writes of a bot."""
    return Subject(
        name,
        partial(prepare, name),
        partial(carry_out, name),
        state_of,
        cache_problems,
        WRITES[name].together,
    )


def _imported(seed: int, database_url: str, redis_url: str) -> None:
    # On one connection: statements of several would come in another order each time, and some twice.
    bring_in(past("past", seed, rounds=1), "past", database_url, redis_url, verify=False, jobs=1)


def _partly_booked(seed: int, database_url: str) -> None:
    chosen = random.Random(seed)
    with closing(Desk("past", database_url)) as desk:
        desk.record([row for row in past("past", seed, rounds=1) if chosen.random() < 0.2])


def _imported_state(database_url: str) -> State:
    with (
        closing(Desk("past", database_url)) as desk,
        psycopg.connect(to_conninfo(database_url), autocommit=True) as connection,
    ):
        return tables(connection, desk.account_id)


def _nothing(database_url: str, redis_url: str) -> list[str]:
    return []


def import_subject(seed: int) -> Subject:
    """The import of a past of which bots have booked a part already."""
    return Subject(
        "import",
        partial(_partly_booked, seed),
        partial(_imported, seed),
        _imported_state,
        _nothing,
        together=False,
    )


def _migrated(database_url: str, redis_url: str) -> None:
    upgrade(database_url)


def _older(revision: str, database_url: str) -> None:
    """A few fills in the tables of an older version."""
    if revision != "base":
        upgrade(database_url)
        prepare("late", database_url)
        downgrade(database_url, revision)


def _schema_state(database_url: str) -> State:
    revision = current_revision(database_url)
    if revision is None:
        return {"revision": ["none"]}
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        found = {kind: sorted(map(str, rows.items())) for kind, rows in catalog(connection).items()}
    return found | {"revision": [revision]} | state_of(database_url)


def migration_subject(revision: str) -> Subject:
    """The migration from a revision to today's."""
    return Subject(
        f"migration from {revision}",
        partial(_older, revision),
        _migrated,
        _schema_state,
        _nothing,
        together=True,
        migrated=False,
    )
