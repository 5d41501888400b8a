"""The migrated schema is the declared one, wherever it came from, and nothing is lost or left on the way."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.rows import dict_row

from ledger import DatabaseError, LedgerClient
from ledger.database.url import to_conninfo
from ledger.migrate import current_revision, downgrade, head_revision, is_current, revision_sql, upgrade
from ledger.queries import resource_root
from tests.all_rows import all_rows
from tests.fills import SYMBOL, fill, moment
from tests.invariants import check_invariants
from tests.schema import catalog, differences, install_declared
from tests.statements import statement

OpenClient = Callable[..., LedgerClient]


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(resource_root("migrations")))
    config.set_main_option("path_separator", "os")
    return [script.revision for script in reversed([*ScriptDirectory.from_config(config).walk_revisions()])]


def connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(to_conninfo(url), autocommit=True)


def trade(client: LedgerClient, day: str) -> None:
    client.record_fill(**fill(f"{day}-1", qty=3, commission="0.3"))
    client.record_fill(**fill(f"{day}-2", "Sell", 2, 110, at=1, commission="0.2", order_id=f"{day}-o"))
    client.record_fill(**fill(None, qty=1, at=2, order_id=f"{day}-whole"))
    client.record_fill(**fill(f"{day}-3", qty=1, at=2, order_id=f"{day}-whole"))
    client.record_fill(**fill(f"{day}-f", at=3, commission="0.01", exec_type="Funding"))


def left_behind(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in connection.execute(statement("left_behind"))]


def test_what_is_migrated_is_what_is_declared(empty_database: str, database_url: str) -> None:
    with connected(empty_database) as declared, connected(database_url) as migrated:
        install_declared(declared)
        wanted = catalog(declared)
        assert differences(wanted, catalog(migrated)) == []
    assert {kind for kind, found in wanted.items() if not found} == set(), "the comparison sees nothing of a kind"


def test_the_comparison_sees_each_difference(empty_database: str) -> None:
    with connected(empty_database) as connection:
        install_declared(connection)
        before = catalog(connection)
        for name in ("column", "default", "constraint", "index", "function", "view", "grant", "policy", "trigger"):
            with connection.transaction(force_rollback=True):
                connection.execute(statement(f"schema_changes/{name}"))
                assert differences(before, catalog(connection)), name


def test_the_frozen_migrations_are_what_sql_says() -> None:
    files = sorted((resource_root("sql") / "tables").glob("*.sql"))
    if revisions() == ["0001", "0002"]:
        frozen = "".join(revision_sql(revision, "upgrade") for revision in revisions())
        assert frozen == "".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("revision", revisions())
def test_upgrade_from_each_revision(
    revision: str, empty_database: str, database_url: str, opened: OpenClient, request: pytest.FixtureRequest
) -> None:
    assert upgrade(empty_database, revision)
    assert current_revision(empty_database) == revision
    upgrade(empty_database)
    assert is_current(empty_database)
    with connected(empty_database) as upgraded, connected(database_url) as migrated:
        assert differences(catalog(migrated), catalog(upgraded)) == []
        trade(opened("blocking", "bot", account="main", database_url=empty_database), "monday")
        check_invariants(upgraded)


@pytest.mark.parametrize("revision", ["base", *revisions()[:-1]])
def test_down_and_up_again_with_data(revision: str, empty_database: str, opened: OpenClient) -> None:
    upgrade(empty_database)
    with connected(empty_database) as connection:
        before = catalog(connection)
        trade(opened("blocking", "bot", account="main", database_url=empty_database), "monday")
        downgrade(empty_database, revision)
        assert not is_current(empty_database)
        if revision == "base":
            assert current_revision(empty_database) is None
            assert left_behind(connection) == []
        assert upgrade(empty_database)
        assert current_revision(empty_database) == head_revision()
        assert differences(before, catalog(connection)) == []
        trade(opened("blocking", "bot", account="main", database_url=empty_database), "tuesday")
        check_invariants(connection)


def test_rebuilds_of_whole_books_are_rewritten(empty_database: str, opened: OpenClient) -> None:
    def beginnings() -> list[Any]:
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(statement("whole_table", table="book_rebuilds")).fetchall()
        return [row["from_time"] for row in sorted(rows, key=lambda row: row["rebuild_seq"])]

    upgrade(empty_database)
    with connected(empty_database) as connection:
        client = opened("blocking", "bot", account="main", database_url=empty_database)
        for exec_id, minute in (("c", 2), ("e", 4), ("d", 3), ("b", 1)):
            client.record_fill(**fill(exec_id, at=minute))
        assert beginnings() == [moment(2), None]
        downgrade(empty_database, "0003")
        with pytest.raises(psycopg.DataError, match="-infinity"):
            beginnings()
        upgrade(empty_database)
        assert beginnings() == [moment(2), None]
        client.record_fill(**fill("a"))
        assert beginnings() == [moment(2), None, None]


def test_down_twice(empty_database: str) -> None:
    upgrade(empty_database)
    downgrade(empty_database, "base")
    downgrade(empty_database, "base")
    with connected(empty_database) as connection:
        assert left_behind(connection) == []


def test_a_second_upgrade_changes_nothing(database_url: str, opened: OpenClient) -> None:
    trade(opened("blocking", "bot", account="main", database_url=database_url), "monday")
    with connected(database_url) as connection:
        before = (catalog(connection), all_rows(connection), connection.execute(statement("catalog_oids")).fetchall())
        assert not upgrade(database_url)
        assert before == (
            catalog(connection),
            all_rows(connection),
            connection.execute(statement("catalog_oids")).fetchall(),
        )


def test_several_processes_upgrade_at_once(empty_database: str, database_url: str, opened: OpenClient) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        # Whoever comes late finds the work done; how many set out together is up to the machine.
        answers = list(processes.map(upgrade, [empty_database] * 4))
    assert sorted(answers) == [False, False, False, True]
    with connected(empty_database) as upgraded, connected(database_url) as migrated:
        assert differences(catalog(migrated), catalog(upgraded)) == []
    assert opened("blocking", "bot", database_url=empty_database).record_fill(**fill("e1")).position.symbol == SYMBOL


def test_an_upgrade_that_fails_leaves_everything_as_it_was(empty_database: str) -> None:
    upgrade(empty_database)
    with connected(empty_database) as connection:
        connection.execute(statement("stale_code"))
        connection.execute(statement("foreign_object"))  # in the way: nothing of ours may take it along
        before = catalog(connection)
        with pytest.raises(DatabaseError, match="half_even"):
            upgrade(empty_database)
        assert differences(before, catalog(connection)) == []
        connection.execute(statement("drop_foreign_object"))
        assert upgrade(empty_database)
        assert is_current(empty_database)
