"""A book that is booked in many parts, each prepared while the one before is written: the tables are the same."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ledger.errors import DatabaseUnavailableError
from reconcile.history import ahead, booking, tasks
from reconcile.history.chunk import Outcome
from tests.dying_imports import DEATHS, Attempt, run_imports
from tests.fills import START
from tests.importing import Row, bring_in
from tests.past import Desk, long_past
from tests.statements import statement

AT_ONCE = 12
Write = Callable[..., Outcome]


class Watch:
    """Whether the parts that were prepared were written so. `before`: what happens before that of a number is."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._begun = 0
        self.written: list[bool] = []
        self.before: dict[int, Callable[[], object]] = {}

    def __call__(self, *given: Any) -> Outcome:
        with self._lock:
            number, self._begun = self._begun, self._begun + 1
        self.before.pop(number, lambda: None)()
        try:
            outcome = self._write(*given)
        except BaseException:
            self.written.append(False)
            raise
        self.written.append(True)
        return outcome


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    found = Watch(ahead.write)
    monkeypatch.setattr(tasks, "write", found)
    monkeypatch.setattr(tasks, "FILLS_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(booking, "_BLOCK", 7)
    return found


@pytest.fixture(params=range(2))
def seed(request: pytest.FixtureRequest) -> int:
    return random.randrange(10**6)


@pytest.fixture
def opened(database_url: str, redis_url: str) -> Iterator[Desk]:
    with closing(Desk("large", database_url, redis_url)) as desk:
        yield desk


def expected_tables(
    rows: Sequence[Row], late: Sequence[Row], database_url: str, connection: psycopg.Connection[Any]
) -> dict[str, list[str]]:
    """What bots write that record everything as it happens."""
    with closing(Desk("plain", database_url)) as plain:
        own = [{**row, "bot_id": row["bot_id"].replace("large", "plain")} for row in (*rows, *late)]
        plain.record(sorted(own, key=lambda row: (row["exec_time"], row["exec_id"] or f"order:{row['order_id']}")))
        return plain.tables(connection)


def test_every_part_behind_the_first_is_written_as_prepared(
    watch: Watch, opened: Desk, database_url: str, connection: psycopg.Connection[Any], seed: int
) -> None:
    rows = long_past("large", seed)
    parts = -(-len(rows) // AT_ONCE)
    report = bring_in(random.Random(seed).sample(rows, len(rows)), "large", database_url)
    assert (report.booked, report.fills) == (len(rows), len(rows))
    assert watch.written == [True] * (parts - 1)
    assert opened.tables(connection) == expected_tables(rows, (), database_url, connection), seed
    assert bring_in(rows, "large", database_url).duplicates == len(rows)


@pytest.mark.parametrize("at", [-1, 40], ids=["before all", "in between"])
def test_what_somebody_else_writes_meanwhile_is_seen(
    watch: Watch, opened: Desk, database_url: str, connection: psycopg.Connection[Any], at: int
) -> None:
    seed = random.randrange(10**6)
    rows = long_past("large", seed)
    when = START + timedelta(seconds=at, microseconds=1)
    late = [{**rows[0], "exec_id": f"late{n}", "order_id": None, "exec_time": when} for n in range(2)]
    watch.before = {1: lambda: opened.record(late[:1]), 3: lambda: opened.record(late[1:])}
    report = bring_in(rows, "large", database_url)
    assert (report.booked, report.duplicates) == (len(rows), 0)
    assert not all(watch.written)
    assert sum(watch.written) > 2  # it goes on with preparing
    assert opened.tables(connection) == expected_tables(rows, late, database_url, connection), seed


def test_what_a_bot_has_recorded_meanwhile_is_not_booked_again(
    watch: Watch, opened: Desk, database_url: str, redis_url: str, connection: psycopg.Connection[Any]
) -> None:
    seed = random.randrange(10**6)
    rows = long_past("large", seed)
    known = rows[-5:]
    watch.before = {2: lambda: opened.record(known)}
    report = bring_in(rows, "large", database_url, redis_url)
    assert (report.booked, report.duplicates) == (len(rows) - len(known), len(known))
    assert not all(watch.written)
    assert sum(watch.written) <= 3  # all that is left comes late
    assert opened.tables(connection) == expected_tables(rows, (), database_url, connection), seed


def test_after_the_server_has_ended_the_connections(
    watch: Watch, opened: Desk, database_url: str, connection: psycopg.Connection[Any], seed: int
) -> None:
    rows = long_past("large", seed)
    kept = {"kept": connection.info.backend_pid}
    watch.before = {n: lambda: connection.execute(statement("importing/end_imports"), kept) for n in (1, 4)}
    try:
        bring_in(rows, "large", database_url, verify=False)
    except DatabaseUnavailableError:  # of the connection that holds the account's lock
        bring_in(rows, "large", database_url)
    assert bring_in(rows, "large", database_url).duplicates == len(rows)
    assert opened.tables(connection) == expected_tables(rows, (), database_url, connection), seed


@pytest.mark.timeout(120 + 10 * DEATHS)
def test_killed_and_run_again(database_url: str, connection: psycopg.Connection[Any], seed: int) -> None:
    expected = expected_tables(long_past("large", seed), (), database_url, connection)
    (whole,) = run_imports([[Attempt("whole", seed, database_url, is_long=True)]])[0]
    points = sorted(random.sample(range(1, whole.exchanges + 1), min(max(1, DEATHS // 4), whole.exchanges)))
    attempts = [
        Attempt(f"k{point}", seed, database_url, is_long=True, dies_at=point, after=random.random() < 0.5)
        for point in points
    ]
    endings = run_imports([one for attempt in attempts for one in ([attempt], [attempt.again()])])
    for point, attempt, (death,), (ending,) in zip(points, attempts, endings[::2], endings[1::2], strict=True):
        # How often the server is asked depends on which parts were prepared in time.
        assert death.was_killed or death.exchanges < point, attempt
        assert ending.rejected == 0
        with closing(Desk(attempt.name, database_url)) as desk:
            assert desk.tables(connection) == expected, attempt
