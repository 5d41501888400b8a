"""What every benchmark is given: servers, fresh databases, writers, and how much of everything to do."""

import secrets
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg
import redis
from psycopg.rows import dict_row

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.migrate import upgrade
from tests.benchmarks.crew import Crew
from tests.benchmarks.target import ACCOUNT, BOT, Target
from tests.invariants import check_invariants
from tests.servers import Servers, create_database, drop_database
from tests.statements import statement

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
V = TypeVar("V")


class Bench:
    """One run. Use it in a `with` statement.

    `rounds`: how often the ways take turns. `seconds`: how long each of them writes in a round. `quick`: small sizes.
    `large`: the sizes that take an hour as well.
    """

    def __init__(self, servers: Servers, *, rounds: int, seconds: float, quick: bool, large: bool = False) -> None:
        self.servers = servers
        self.rounds = rounds
        self.seconds = seconds
        self.quick = quick
        self.large = large
        self.rows: list[Mapping[str, int]] = []
        self._stack = ExitStack()
        self.crew = Crew()

    def pick(self, usual: V, quick: V) -> V:
        """One of the two sizes."""
        return quick if self.quick else usual

    def in_turn(self, ways: Mapping[K, Callable[[], T]]) -> dict[K, list[T]]:
        """What each way answers in each round.

        The ways take turns, so that a noisy moment hits all of them, and every other round goes backwards, so that
        none always comes behind the same other.
        """
        found: dict[K, list[T]] = {name: [] for name in ways}
        for number in range(self.rounds):
            for name in list(ways)[:: 1 if number % 2 == 0 else -1]:
                found[name].append(ways[name]())
        return found

    def counted(self) -> list[Mapping[str, int]]:
        """The rows in the databases that were used since this was last asked."""
        rows, self.rows = self.rows, []
        return rows

    @contextmanager
    def database(self) -> Iterator[Target]:
        """A fresh database, and an empty cache. What is in its tables at the end is counted."""
        name = _unique()
        url = create_database(self.servers.admin_url, name, self._template)
        try:
            with LedgerClient(BOT, account=ACCOUNT, database_url=url) as client:
                account_id = client.register()
            yield Target(url, self.servers.redis_url, account_id)
            self.rows.append(ask(url, "benchmark/sizes"))
            if self.quick:  # with the usual sizes it would take longer than what is measured
                with psycopg.connect(to_conninfo(url), autocommit=True) as checking:
                    check_invariants(checking)
        finally:
            self.crew.release()
            with redis.Redis.from_url(self.servers.redis_url) as connection:
                connection.flushdb()
            drop_database(self.servers.admin_url, name)

    @cached_property
    def _template(self) -> str:
        name = _unique()
        self._stack.callback(drop_database, self.servers.admin_url, name)
        url = create_database(self.servers.admin_url, name)
        upgrade(url)
        with psycopg.connect(to_conninfo(url)) as connection:
            for made in ("bare_table", "rows_alone", "least_batch"):
                connection.execute(statement(f"benchmark/{made}"))
        return name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.crew.close()
        self._stack.close()


def ask(database_url: str, name: str, **parameters: Any) -> dict[str, Any]:
    """The one row of a statement's answer."""
    with psycopg.connect(to_conninfo(database_url), row_factory=dict_row) as connection:
        return connection.execute(statement(name), parameters).fetchone() or {}


def settle(database_url: str) -> None:
    """Does what autovacuum and the checkpointer do within minutes in production."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        for name in ("vacuum", "checkpoint"):
            connection.execute(statement(f"benchmark/{name}"))


def _unique() -> str:
    return f"fifoledger_benchmark_{secrets.token_hex(4)}"
