"""A reconciliation is killed at each of its statements, and run again."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import psycopg
import redis
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger import AsyncLedgerClient
from ledger.database.url import to_conninfo
from tests.bybit_account import BybitAccount, bybit_account
from tests.faults.reconciliation.child import Call, reconcile, run
from tests.faults.reconciliation.events import CATEGORIES, Story
from tests.faults.reconciliation.record import Door, noted
from tests.faults.state import State, covered, differences, state_of
from tests.faults.wire import StatementProxy
from tests.forks import forks
from tests.invariants import broken_invariants
from tests.reconciling import BOT, Desk
from tests.servers import create_database, drop_database, name_of
from tests.statements import statement

ACCOUNT = "bybit:main:paper"
FORKS = forks("tests.faults.reconciliation.child")
_PATIENCE = 60.0
Way = Literal["client", "backend", "server"]


@dataclass(frozen=True, order=True)
class Point:
    """The statement at which to kill: before the server has it, or when it is done and nobody was told.

    `way`: what is killed; the process itself, what serves it in the server, or the server.
    """

    number: int
    answered: bool
    way: Way = "client"


@dataclass
class Ground:
    """A story that has happened, and what a reconciliation that nobody disturbs makes of it."""

    call: Call
    door: Door
    admin_url: str
    before: str  # name of the database to copy
    wanted: State = field(default_factory=dict)
    statements: Sequence[str] = ()

    @property
    def points(self) -> list[Point]:
        """All moments to kill the process at."""
        return [Point(n, answered) for n in range(1, len(self.statements) + 1) for answered in (False, True)]

    def text_at(self, point: Point) -> str:
        """What is killed at, in words."""
        when = "after" if point.answered else "before"
        return f"{when} statement {point.number}: {' '.join(self.statements[point.number - 1].split())[:80]}"

    def copy(self) -> str:
        """The URL of a database in which the story has just happened; and nothing is cached."""
        with redis.Redis.from_url(self.call.redis_url) as connection:
            connection.flushdb()
        return create_database(self.admin_url, f"killed_{secrets.token_hex(6)}", self.before)

    def drop(self, database_url: str) -> None:
        """Deletes such a database."""
        drop_database(self.admin_url, name_of(database_url))


@asynccontextmanager
async def open_ground(
    story: Story, make_database: Callable[[], str], admin_url: str, redis_url: str
) -> AsyncIterator[Ground]:
    """Lets a story happen, and reconciles once without being disturbed."""
    database_url = make_database()
    async with bybit_account(server={"rate_limits": False}, categories=CATEGORIES) as account:
        await _happen(story, account, database_url, redis_url)
        async with noted(account.paper.venue) as door:
            key = account.credentials
            call = Call(
                BOT, ACCOUNT, "", redis_url, key.api_key, key.api_secret, door.url, CATEGORIES, story.since,
                story.on_unexplained,
            )  # fmt: skip
            ground = Ground(call, door, admin_url, name_of(database_url))
            await _undisturbed(ground)
            yield ground


async def _happen(story: Story, account: BybitAccount, database_url: str, redis_url: str) -> None:
    session = HTTP(api_key=account.credentials.api_key, api_secret=account.credentials.api_secret)
    session.endpoint = account.paper.url
    async with AsyncLedgerClient(BOT, account=ACCOUNT, database_url=database_url, redis_url=redis_url) as client:
        await client.register()
        account.control.advance(3_600_000)
        await story.prepare(Desk(account, client, database_url, redis_url, session))
    session.client.close()


async def _undisturbed(ground: Ground) -> None:
    database_url = ground.copy()
    try:
        with StatementProxy(database_url) as proxy:
            assert await _child(replace(ground.call, database_url=proxy.postgres_url(database_url)), proxy) == 0
            ground.statements = tuple(proxy.statements)
        ground.wanted = state_of(database_url)
    finally:
        ground.drop(database_url)


async def kill_at(ground: Ground, point: Point, crash: Callable[[], None] | None = None) -> list[str]:
    """Kills one at this point and runs it again; answers what is wrong then.

    `crash` shuts the server down and starts it again, where that is what is to be done.
    """
    database_url = ground.copy()
    try:
        with StatementProxy(database_url) as proxy:
            call = replace(ground.call, database_url=proxy.postgres_url(database_url))
            ended = await _child(call, proxy, point, _not_ours(point.way, database_url, crash))
            # A process that does not try again is gone before the server is back.
            came_by = await asyncio.to_thread(proxy.ended.wait, _PATIENCE)
        if not came_by or (ended == -9) != (point.way == "client"):
            return [f"it was not killed there but ended with {ended}"]
        known = covered(database_url)
        ground.door.asked.clear()
        call = replace(ground.call, database_url=database_url)
        await reconcile(call)
        problems = [
            f"{category} from {since} to {until} was fetched again though {first} to {last} is covered"
            for category, since, until in ground.door.asked
            for other, first, last in known
            if category == other and since < last and until >= first
        ]
        problems += differences(ground.wanted, state_of(database_url))
        problems += await _cache_problems(call)
        with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
            problems += [f"{rule}: {rows[:2]}" for rule, rows in broken_invariants(connection).items()]
        return problems
    finally:
        ground.drop(database_url)


def _not_ours(way: Way, database_url: str, crash: Callable[[], None] | None) -> Callable[[], object] | None:
    """How to end what the process talks to; None if it is the process itself that ends."""
    if way == "backend":
        return lambda: _end_connections(database_url)
    assert way == "client" or crash is not None, "who is to end the server?"
    return crash if way == "server" else None


def _end_connections(database_url: str) -> None:
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        connection.execute(statement("server/terminate_all"))


async def _child(
    call: Call, proxy: StatementProxy, point: Point | None = None, instead: Callable[[], object] | None = None
) -> int | None:
    process = FORKS.Process(target=run, args=(call,), daemon=True)
    if point is not None:
        then = instead or process.kill
        proxy.end_at(point.number, answered=point.answered, then=then, goes_on=instead is not None)
    process.start()
    await asyncio.to_thread(process.join, _PATIENCE)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"the reconciliation did not end, with or without being killed: {point}")
    return process.exitcode


async def _cache_problems(call: Call) -> list[str]:
    """What bots read there is what PostgreSQL says."""
    problems = []
    async with (
        AsyncLedgerClient(BOT, account=ACCOUNT, database_url=call.database_url, redis_url=call.redis_url) as cached,
        AsyncLedgerClient(BOT, account=ACCOUNT, database_url=call.database_url) as stored,
    ):
        for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
            read, true = await cached.get_position(symbol), await stored.get_position(symbol)
            if (read.side, read.total_qty, read.avg_entry_price) != (true.side, true.total_qty, true.avg_entry_price):
                problems.append(f"cache of {symbol}: {read}, not {true}")
    return problems
