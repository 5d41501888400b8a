"""Writers in processes of their own, one connection each, that measure every call they make."""

import multiprocessing
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection as Pipe
from typing import Any

import psycopg

from ledger.client import LedgerClient
from ledger.database.url import to_conninfo
from ledger.queries import query
from tests.statements import statement

BOT = "bot"
ACCOUNT = "benchmark"
_LEAD_SECONDS = 0.2  # until everybody has heard of the task


@dataclass(frozen=True)
class Target:
    """Where to write."""

    database_url: str
    redis_url: str
    account_id: int


@dataclass(frozen=True)
class Task:
    """What to do: `way` is insert, record_fill or client; `books` says over how many books fills are spread."""

    way: str
    books: int
    seconds: float
    start: float  # of the monotonic clock, which all processes of a machine share


def _fill(books: int) -> dict[str, Any]:
    return {
        "symbol": f"S{random.randrange(books)}USDT",
        "side": random.choice(("Buy", "Sell")),
        "exec_price": Decimal(random.randrange(4_900_000, 5_100_000)) / 100,
        "exec_qty": Decimal(random.randrange(1, 6)),
        "exec_time": datetime.now(UTC),
        "exec_id": secrets.token_hex(16),
        "order_id": secrets.token_hex(16),
        "commission": Decimal("0.055"),
    }


def _row(target: Target, books: int) -> dict[str, Any]:
    return {
        **_fill(books),
        "account_id": target.account_id,
        "bot_id": BOT,
        "named_bot": None,
        "category": "linear",
        "position_idx": 0,
        "client_order_id": None,
        "commission_asset": None,
        "close_reason": None,
        "seq": None,
        "is_maker": None,
        "exec_type": "Trade",
        "source": "bot",
        "effect": None,
        "announced": None,
    }


class Writer:
    """One process' connections, and its ways of writing a fill."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = psycopg.connect(to_conninfo(target.database_url), autocommit=True, prepare_threshold=0)
        self._client = LedgerClient(BOT, account=ACCOUNT, database_url=target.database_url, redis_url=target.redis_url)
        self._bare = statement("benchmark/bare_insert").as_bytes(self._connection)
        self._record = query("record_fill").encode()

    def insert(self, books: int) -> None:
        """The bare insert: the limit."""
        self._connection.execute(self._bare, _row(self._target, books))

    def record_fill(self, books: int) -> None:
        """The function in the database, on the same bare connection."""
        self._connection.execute(self._record, _row(self._target, books)).fetchone()

    def client(self, books: int) -> None:
        """The client's method, with everything that a bot gets: pool, retries, values, cache."""
        self._client.record_fill(**_fill(books))

    def run(self, task: Task) -> list[float]:
        """Seconds that each call took."""
        write = getattr(self, task.way)
        write(task.books)  # prepares the statement
        taken: list[float] = []
        time.sleep(max(0.0, task.start - time.monotonic()))
        end = task.start + task.seconds
        before = time.perf_counter()
        while time.monotonic() < end:
            write(task.books)
            after = time.perf_counter()
            taken.append(after - before)
            before = after
        return taken


def _work(target: Target, pipe: Pipe) -> None:
    writer = Writer(target)
    pipe.send("ready")
    while (task := pipe.recv()) is not None:
        pipe.send(writer.run(task))


class Crew:
    """As many writers as the largest measurement needs."""

    def __init__(self, pipes: list[Pipe]) -> None:
        self._pipes = pipes

    def measure(self, way: str, writers: int, books: int, seconds: float) -> list[float]:
        """The latencies of all calls, in seconds."""
        task = Task(way, books, seconds, time.monotonic() + _LEAD_SECONDS)
        for pipe in self._pipes[:writers]:
            pipe.send(task)
        return [taken for pipe in self._pipes[:writers] for taken in pipe.recv()]


@contextmanager
def crew(target: Target, size: int) -> Iterator[Crew]:
    """Starts the writers and stops them at the end."""
    context = multiprocessing.get_context("spawn")
    pipes: list[Pipe] = []
    processes = []
    for _ in range(size):
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(target, theirs), daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    for pipe in pipes:
        pipe.recv()
    try:
        yield Crew(pipes)
    finally:
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join()
