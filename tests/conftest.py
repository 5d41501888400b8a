import os
import secrets
import signal
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, Phase, settings

from ledger.database.url import to_conninfo
from ledger.migrate import upgrade
from tests.invariants import check_invariants
from tests.servers import Servers, create_database, drop_database, running_servers
from tests.statements import statement

_VARIABLES = ("LEDGER_DATABASE_URL", "LEDGER_REDIS_URL", "LEDGER_ACCOUNT")
_GIVEN = pytest.StashKey[Mapping[str, str]]()

# There is a database behind every example: time says nothing about an example, and a smaller example is worth the
# minutes that it costs only to somebody who looks for a fault.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "short",
    deadline=None,
    suppress_health_check=_SLOW,
    max_examples=10,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
settings.register_profile("long", deadline=None, suppress_health_check=_SLOW, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


# Files of few tests that take long. They come first: one that comes last keeps everybody waiting.
_LONG = (
    "test_quick", "test_wheel", "test_starting", "test_cases", "test_differences", "test_example_bots",
    "test_import_docs", "test_demo", "test_leading", "test_state_machine", "test_fuzz", "test_killed",
    "test_quarantine", "test_large_batches", "test_outages", "test_order_and_repetition", "test_mutation",
    "test_interrupted", "test_large_book", "test_dry_run", "test_import_ending", "test_import_openings",
    "test_reconcile", "test_processes", "test_paths", "test_plans", "test_simulation", "test_scoped",
    "test_live_booking", "test_busy_account",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(_LONG)))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tampers: damages the ledger on purpose, so invariants do not hold after it")
    # Taken out of the environment, so that no test reaches a server of the user by leaving an argument out.
    given = {name: os.environ.pop(name) for name in _VARIABLES if name in os.environ}
    config.stash[_GIVEN] = getattr(config, "workerinput", {}).get("given", given)
    # A shell starts what runs in its background with Ctrl-C ignored, and so would be what the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A process that runs a part of the tests begins with the environment that they were taken out of."""
    node.workerinput["given"] = dict(node.config.stash[_GIVEN])


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[Servers]:
    """PostgreSQL and Redis: those of LEDGER_DATABASE_URL and LEDGER_REDIS_URL, else temporary ones."""
    given = pytestconfig.stash[_GIVEN]
    worker = getattr(pytestconfig, "workerinput", {"workerid": "gw0", "workercount": 1})
    number = int(worker["workerid"].removeprefix("gw"))
    with running_servers(
        given.get("LEDGER_DATABASE_URL"), given.get("LEDGER_REDIS_URL"), number=number, of=worker["workercount"]
    ) as running:
        yield running


@pytest.fixture(scope="session")
def template_database(servers: Servers) -> Iterator[str]:
    """Name of a migrated, empty database, to copy from: that of LEDGER_TEST_TEMPLATE, else a new one."""
    given = os.environ.get("LEDGER_TEST_TEMPLATE")
    if given:
        yield given
        return
    name = _unique("template")
    upgrade(create_database(servers.admin_url, name))
    yield name
    drop_database(servers.admin_url, name)


@pytest.fixture
def make_database(
    servers: Servers, template_database: str, request: pytest.FixtureRequest
) -> Iterator[Callable[[], str]]:
    """Makes fresh migrated databases. Each ends with a check of the invariants, unless the test is marked `tampers`."""
    made: dict[str, str] = {}

    def make() -> str:
        name = _unique("test")
        made[name] = create_database(servers.admin_url, name, template_database)
        return made[name]

    yield make
    try:
        if request.node.get_closest_marker("tampers") is None:
            for url in made.values():
                with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
                    check_invariants(connection)
    finally:
        for name in made:
            drop_database(servers.admin_url, name)


@pytest.fixture(scope="session")
def shared_database_url(servers: Servers, template_database: str) -> Iterator[str]:
    """URL of a migrated database for tests that keep to accounts of their own (`make_account`)."""
    name = _unique("shared")
    yield create_database(servers.admin_url, name, template_database)
    drop_database(servers.admin_url, name)


@pytest.fixture
def make_account(shared_database_url: str) -> Iterator[Callable[[], str]]:
    """Makes up names of accounts in the shared database. Each ends with a check of the invariants."""
    made: list[str] = []

    def make() -> str:
        made.append(_unique("account"))
        return made[-1]

    yield make
    with psycopg.connect(to_conninfo(shared_database_url), autocommit=True) as connection:
        for name in made:
            for (account_id,) in connection.execute(statement("account_id"), {"name": name}).fetchall():
                check_invariants(connection, account_id)


@pytest.fixture
def empty_database(servers: Servers) -> Iterator[str]:
    """URL of a fresh database without the ledger."""
    name = _unique("empty")
    yield create_database(servers.admin_url, name)
    drop_database(servers.admin_url, name)


@pytest.fixture
def database_url(make_database: Callable[[], str]) -> str:
    """URL of a fresh migrated database."""
    return make_database()


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the test's database, past the client, in autocommit mode, as the owner."""
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as opened:
        yield opened


@pytest.fixture
def redis_url(servers: Servers) -> Iterator[str]:
    """URL of an empty Redis database."""
    with redis.Redis.from_url(servers.redis_url) as connected:
        connected.flushdb()
        yield servers.redis_url
        connected.flushdb()


def _unique(kind: str) -> str:
    return f"fifoledger_{kind}_{secrets.token_hex(6)}"
