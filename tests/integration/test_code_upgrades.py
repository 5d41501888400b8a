"""Functions, views and grants are always those of the version that migrated last; data does not notice."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ledger import LedgerClient, PermissionDeniedError, SchemaError
from ledger.database.url import to_conninfo
from ledger.migrate import is_current, upgrade
from tests.all_rows import all_rows
from tests.clients import KINDS
from tests.fills import SYMBOL, fill
from tests.locks import Call, blocked_backend, locked_books
from tests.logins import NewLogin, as_login, logins
from tests.other_version import OtherVersion
from tests.schema import catalog, differences
from tests.servers import Servers
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]


def _file(name: str) -> str:
    return statement(name).as_string()


@pytest.fixture
def other(tmp_path: Path) -> OtherVersion:
    """A version with a function and a view more, and another body of a third."""
    found = OtherVersion(tmp_path / "other")
    found.add("functions/zz_more.sql", _file("another_function"))
    found.add("views/zz_more.sql", _file("another_body"))
    return found


@pytest.fixture
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


def test_the_same_files_elsewhere_are_the_same_version(tmp_path: Path, database_url: str) -> None:
    assert not OtherVersion(tmp_path / "other").upgrade(database_url)


def test_changed_code_is_installed_and_what_is_gone_goes(
    other: OtherVersion, database_url: str, connection: psycopg.Connection[Any], opened: OpenClient
) -> None:
    client = opened("blocking", "bot", account="main", database_url=database_url)
    client.record_fill(**fill("e1", qty=2))
    client.record_fill(**fill("e2", "Sell", at=1))
    ours, rows = catalog(connection), all_rows(connection)
    assert other.upgrade(database_url)
    assert not is_current(database_url)
    changed = {line.partition(":")[0] for line in differences(ours, catalog(connection))}
    assert {
        "functions a_function_of_another_version p numeric",
        "functions lot_status qty numeric, remaining numeric",
        "views another_view ",
    } <= changed
    assert not any(line.startswith(("columns b", "constraints", "indexes", "triggers", "policies")) for line in changed)
    assert [entry.status for entry in client.get_open_position_entries()] == ["as another version says"]
    assert not other.upgrade(database_url)
    assert upgrade(database_url)
    assert is_current(database_url)
    assert differences(ours, catalog(connection)) == []
    assert all_rows(connection) == rows
    assert [entry.status for entry in client.get_open_position_entries()] == ["partially_closed"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bot_at_work_survives_an_upgrade(
    kind: str, other: OtherVersion, database_url: str, opened: OpenClient
) -> None:
    client = opened(kind, "bot", account="main", database_url=database_url)
    for number in range(5):  # often enough to have everything prepared
        client.record_fill(**fill(f"before-{number}", at=number))
    ended = threading.Event()
    failures: list[BaseException] = []
    booked = 5

    def change() -> None:
        try:
            for _ in range(2):
                other.upgrade(database_url)
                upgrade(database_url)
        except BaseException as error:
            failures.append(error)
        ended.set()

    thread = threading.Thread(target=change)
    thread.start()
    while not ended.is_set():
        result = client.record_fill(**fill(f"during-{booked}", at=booked))
        booked += 1
        assert result.position.size == booked
        summary = client.get_current_position_summary(SYMBOL)
        assert summary is not None
        assert summary.size == booked
        assert len(client.get_open_position_entries(SYMBOL)) == booked
    thread.join()
    assert failures == []
    assert client.record_fill(**fill("after", at=booked)).position.size == booked + 1


def test_an_upgrade_gives_way_to_a_bot_that_holds_what_it_needs_and_tries_again(
    database_url: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(statement("stale_code"))
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as watcher, locked_books(connection):
        connection.execute(statement("server/never_give_way"))
        upgrading = Call(lambda: upgrade(database_url))
        blocked_backend(watcher, set())
        connection.execute(statement("server/read_positions"))  # which the upgrade has dropped already
    upgrading.join(30)
    assert (upgrading.result, upgrading.error) == (True, None)
    assert is_current(database_url)


def test_a_login_that_may_not_is_told_so(
    database_url: str, empty_database: str, new_login: NewLogin, connection: psycopg.Connection[Any]
) -> None:
    before = catalog(connection)
    for login in (new_login(), new_login("ledger_bot"), new_login("ledger_reader")):
        with pytest.raises(PermissionDeniedError) as caught:
            upgrade(as_login(empty_database, login))
        assert "of-a-test" not in str(caught.value)
        connection.execute(statement("stale_code"))
        with pytest.raises(PermissionDeniedError):
            upgrade(as_login(database_url, login))
        assert differences(before, catalog(connection)) == []


def test_an_owner_of_the_ledger_may(
    database_url: str, new_login: NewLogin, other: OtherVersion, connection: psycopg.Connection[Any]
) -> None:
    ours = catalog(connection)
    login = new_login("ledger_owner")
    connection.execute(statement("roles/grant_create", role=login, database=connection.info.dbname))
    assert other.upgrade(as_login(database_url, login))
    assert upgrade(as_login(database_url, login))
    assert differences(ours, catalog(connection)) == []
    connection.execute(statement("roles/drop_owned", role=login))


def test_without_the_ledger_a_client_says_what_to_do(empty_database: str, opened: OpenClient) -> None:
    client = opened("blocking", "bot", account="main", database_url=empty_database)
    with pytest.raises(SchemaError, match="fifoledger migrate"):
        client.record_fill(**fill("e1"))
    upgrade(empty_database)
    assert client.record_fill(**fill("e1")).position.size == 1


def test_a_per_cent_sign_in_the_url_is_no_format(database_url: str) -> None:
    assert is_current(make_conninfo(to_conninfo(database_url), application_name="100% %s %(name)s"))
