"""An import that is interrupted, run twice, or run beside bots that trade ends in the same tables."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from ledger.database.url import to_conninfo
from ledger.errors import DatabaseUnavailableError
from reconcile.history import booking, tasks
from tests.dying_imports import DEATHS, Attempt, run_imports
from tests.fills import moment
from tests.importing import bring_in
from tests.past import Desk, past
from tests.statements import statement

Tables = dict[str, list[str]]


@contextmanager
def desk(name: str, database_url: str, redis_url: str | None = None) -> Iterator[Desk]:
    with closing(Desk(name, database_url, redis_url)) as opened:
        yield opened


def expected_tables(seed: int, database_url: str, connection: psycopg.Connection[Any]) -> Tables:
    """What bots write that record everything as it happens."""
    with desk("plain", database_url) as plain:
        plain.record(sorted(past("plain", seed), key=lambda row: (row["exec_time"], row.get("exec_id") or "order")))
        return plain.tables(connection)


@pytest.mark.timeout(120 + 10 * DEATHS)
def test_killed_anywhere_and_run_again_it_ends_as_if_nothing_had_been(
    database_url: str, redis_url: str, connection: psycopg.Connection[Any]
) -> None:
    seed = random.randrange(10**6)
    expected = expected_tables(seed, database_url, connection)

    def prepared(name: str) -> Attempt:
        """Bots have written a part of it already, some of it out of order."""
        r = random.Random(seed)
        with desk(name, database_url) as opened:
            opened.record([row for row in past(name, seed) if r.random() < 0.2])
        return Attempt(name, seed, database_url, redis_url)

    (whole,) = run_imports([[prepared("whole")]])[0]
    points = sorted(random.sample(range(1, whole.exchanges + 1), min(DEATHS, whole.exchanges)))
    attempts = [replace(prepared(f"k{point}"), dies_at=point, after=random.random() < 0.5) for point in points]
    endings = run_imports([one for attempt in attempts for one in ([attempt], [attempt.again()])])
    for attempt, (death,), (ending,) in zip(attempts, endings[::2], endings[1::2], strict=True):
        note = f"seed {seed}: {attempt}"
        assert death.was_killed, note
        assert ending.rejected == 0, note
        with desk(attempt.name, database_url, redis_url) as opened:
            assert opened.tables(connection) == expected, note
            positions_are_the_tables(opened)


def positions_are_the_tables(opened: Desk) -> None:
    """What the cache answers is what PostgreSQL says."""
    for row in past(opened.name, 0, rounds=1):
        named = {name: row[name] for name in ("symbol", "category", "position_idx")}
        client = opened.clients[row["bot_id"]]
        cached, stored = client.get_position(**named), client.position_as_of(at=moment(10**6), **named)
        assert (cached.side, cached.size, cached.cost) == (stored.side, stored.size, stored.cost)


def test_two_at_once_book_each_row_once(database_url: str, connection: psycopg.Connection[Any]) -> None:
    seed = random.randrange(10**6)
    expected = expected_tables(seed, database_url, connection)
    attempt = Attempt("twice", seed, database_url, jobs=2)
    first, second = run_imports([[attempt, attempt]])[0]
    rows = past("twice", seed)
    assert first.booked + second.booked == len(rows)
    assert (first.rejected, second.rejected) == (0, 0)
    with desk("twice", database_url) as opened:
        assert opened.tables(connection) == expected


@contextmanager
def small_transactions() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "FILLS_AT_ONCE", 9)
        patch.setattr(booking, "_BLOCK", 7)
        yield


@contextmanager
def beside(*works: Callable[[], None]) -> Iterator[None]:
    """Runs these at the same time; what they raise is raised."""
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("jobs", [1, 3])
def test_beside_bots_that_write_the_same_and_more(
    database_url: str, redis_url: str, connection: psycopg.Connection[Any], jobs: int
) -> None:
    seed = random.randrange(10**6)
    expected = expected_tables(seed, database_url, connection)
    with ExitStack() as stack:
        opened = stack.enter_context(desk("live", database_url, redis_url))
        other = stack.enter_context(desk("other", database_url, redis_url))
        stack.enter_context(small_transactions())
        rows = past("live", seed)
        mixed = random.sample(rows, len(rows))

        def imported() -> None:
            for _ in range(2):
                bring_in(random.sample(rows, len(rows)), "live", database_url, redis_url, jobs=jobs)

        with beside(imported, lambda: opened.record(mixed), lambda: other.record(past("other", seed)[:60])):
            while_they_write = time.monotonic() + 1
            while time.monotonic() < while_they_write:
                for client in opened.clients.values():
                    client.get_position("BTCUSDT")
        report = bring_in(rows, "live", database_url, redis_url)
        assert report.rejected == 0
        assert opened.tables(connection) == expected
        positions_are_the_tables(opened)


def test_connections_that_the_server_ends_are_opened_again(
    database_url: str, connection: psycopg.Connection[Any]
) -> None:
    seed = random.randrange(10**6)
    expected = expected_tables(seed, database_url, connection)
    rows = past("cut", seed)
    ended: list[Any] = []

    def end_connections() -> None:
        with psycopg.connect(to_conninfo(database_url), autocommit=True) as administrator:
            until = time.monotonic() + 20
            while len(ended) < 3 and time.monotonic() < until:
                ended.extend(administrator.execute(statement("importing/end_writers")).fetchall())
                time.sleep(0.01)

    with beside(end_connections), small_transactions():
        bring_in(rows, "cut", database_url, verify=False, jobs=2)
    assert ended
    assert bring_in(rows, "cut", database_url).duplicates == len(rows)
    with desk("cut", database_url) as opened:
        assert opened.tables(connection) == expected


def test_after_a_server_has_ended_all_connections_the_next_run_goes_on(
    database_url: str, connection: psycopg.Connection[Any]
) -> None:
    seed = random.randrange(10**6)
    expected = expected_tables(seed, database_url, connection)
    rows = past("cut", seed)
    for patience in (0.1, 0.4):

        def end_all(wait: float = patience) -> None:
            time.sleep(wait)
            with psycopg.connect(to_conninfo(database_url), autocommit=True) as administrator:
                administrator.execute(statement("importing/end_imports"), {"kept": connection.info.backend_pid})

        with beside(end_all), small_transactions(), suppress(DatabaseUnavailableError):
            bring_in(rows, "cut", database_url, verify=False)
    bring_in(rows, "cut", database_url)
    with desk("cut", database_url) as opened:
        assert opened.tables(connection) == expected
