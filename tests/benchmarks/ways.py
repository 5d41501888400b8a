"""Ways of writing one fill, each on a connection of its own: what processes do in turn."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import redis
from sqlalchemy.exc import OperationalError

from ledger.cache.entry import position_key, to_fields
from ledger.queries import query
from tests.benchmarks.fills import a_fill, as_row
from tests.benchmarks.naive import NaiveLedger
from tests.benchmarks.target import BOT, Target
from tests.statements import statement

_STORE = Path(__file__).parent / "store.lua"
Write = Callable[[], object]


class Way(Protocol):
    """Something that can be opened where it is to be measured, and then called again and again."""

    def opened(self, target: Target) -> AbstractContextManager[Write]:
        """The call to measure."""
        ...


@dataclass(frozen=True)
class Insert:
    """A bare insert of one row: the limit."""

    books: int

    @contextmanager
    def opened(self, target: Target) -> Iterator[Write]:
        with target.connect() as connection:
            text = statement("benchmark/bare_insert").as_bytes(connection)
            yield lambda: connection.execute(text, as_row(target, a_fill(self.books)))


@dataclass(frozen=True)
class RecordFill:
    """The function in the database, through the same driver.

    With `arrival` the moment of the fill is that of its booking. Else it is that of the call, as a bot's is, and of
    two processes that write to one book at once the later one may come first.
    """

    books: int
    arrival: bool = False

    @contextmanager
    def opened(self, target: Target) -> Iterator[Write]:
        text = query("record_fill").encode()
        changed = {"exec_time": None} if self.arrival else {}
        with target.connect() as connection:
            yield lambda: connection.execute(text, as_row(target, a_fill(self.books) | changed)).fetchone()


@dataclass(frozen=True)
class RowsAlone:
    """The rows and index entries that the function writes, under the same lock, with nothing computed."""

    books: int

    @contextmanager
    def opened(self, target: Target) -> Iterator[Write]:
        with target.connect() as connection:
            text = statement("benchmark/rows_alone_call").as_bytes(connection)
            yield lambda: connection.execute(text, as_row(target, a_fill(self.books))).fetchone()


@dataclass(frozen=True)
class ClientCall:
    """The client's method, with everything that a bot gets: pool, retries, checks, values, and the cache if wanted."""

    books: int
    cached: bool

    @contextmanager
    def opened(self, target: Target) -> Iterator[Write]:
        with target.client(cached=self.cached) as client:
            yield lambda: client.record_fill(**a_fill(self.books))


@dataclass(frozen=True)
class BareCacheWrites:
    """The client's method without Redis, with the least that a cache write can cost: redis-py alone.

    What is not trusted while it may be wrong is announced before the commit, by a HSET, and stored behind it unless
    something newer is there.
    """

    books: int

    @contextmanager
    def opened(self, target: Target) -> Iterator[Write]:
        with target.client(cached=False) as client, redis.Redis.from_url(target.redis_url) as server:
            store = server.register_script(_STORE.read_text(encoding="utf-8"))

            def write() -> None:
                fill = a_fill(self.books)
                key = position_key(BOT, "linear", fill["symbol"], 0)
                server.hset(key, "pending", "1")
                position = client.record_fill(**fill).position
                pairs = [part for pair in to_fields(position).items() for part in pair]
                store(keys=[key], args=["book_seq", position.book_seq, *pairs])

            yield write


@dataclass(frozen=True)
class NaiveLoop:
    """What bots write for themselves. Its tables must be there."""

    books: int

    @contextmanager
    def opened(self, target: Target) -> Iterator[Write]:
        ledger = NaiveLedger(target.database_url)

        def write() -> None:
            fill = a_fill(self.books)
            del fill["exec_id"]
            while True:
                try:
                    ledger.record({**fill, "bot_id": fill["symbol"]})
                except OperationalError:  # a deadlock, which only the books that others write to have
                    continue
                return

        yield write
        ledger.dispose()
