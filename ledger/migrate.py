"""Brings a database to the ledger's schema.

Alembic migrates tables and data; functions, views, triggers, policies and grants are installed as a whole from
`sql/` after each upgrade, so that they are always those of this version. One transaction: all of it or nothing.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from tenacity import retry, retry_if_exception_cause_type, stop_after_attempt, wait_random_exponential

from ledger.database.failures import translate
from ledger.database.url import to_conninfo
from ledger.queries import query, resource_root

_CODE = ("functions", "views", "security")

# Bots at work hold tables in their own order, so that one of the two may have to give way; each try is a whole one.
_giving_way = retry(
    retry=retry_if_exception_cause_type(psycopg.errors.DeadlockDetected),
    stop=stop_after_attempt(20),
    wait=wait_random_exponential(multiplier=0.05, max=1.0),
    reraise=True,
)


def revision_sql(revision: str, direction: str) -> str:
    """The frozen SQL of a migration, `migrations/versions/<revision>_<direction>.sql`."""
    return (resource_root("migrations") / "versions" / f"{revision}_{direction}.sql").read_text(encoding="utf-8")


def run_script(connection: Connection, text: str) -> None:
    """Runs SQL as it stands: without parameters `%` means itself."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - see _connected
    driver.execute(text.encode())


def code_files() -> list[Path]:
    """The files of `sql/` that are installed with every upgrade, in their order."""
    return [path for folder in _CODE for path in sorted((resource_root("sql") / folder).glob("*.sql"))]


@_giving_way
def upgrade(database_url: str, revision: str = "head") -> bool:
    """Brings the database to `revision`, the newest one with functions and views. False if it was there already.

    Those of older revisions belong to older versions of this package, as with `downgrade()`.

    Several processes may call it at once. Raises PermissionDeniedError where the login may not, and
    DatabaseUnavailableError where nobody answers.
    """
    if revision == "head" and is_current(database_url):
        return False
    with _transaction(database_url) as connection:
        if revision == "head" and _is_current(connection):
            return False
        run_script(connection, _text("drop_code.sql"))
        connection.exec_driver_sql(query("forget_code"))
        _alembic(connection, command.upgrade, revision)
        if revision in {"head", head_revision()}:
            _install_code(connection)
    return True


@_giving_way
def downgrade(database_url: str, revision: str) -> None:
    """Takes the tables back to `revision` ("base": none), without functions and views.

    Those belong to the older version of this package: its own `fifoledger migrate` installs them.
    """
    with _transaction(database_url) as connection:
        run_script(connection, _text("drop_code.sql"))
        connection.exec_driver_sql(query("forget_code"))
        _alembic(connection, command.downgrade, revision)


def is_current(database_url: str) -> bool:
    """Whether the database has this version's tables, functions and views."""
    with _connected(database_url) as connection:
        return _is_current(connection)


def current_revision(database_url: str) -> str | None:
    """The revision that the database is at; None without the ledger."""
    with _connected(database_url) as connection:
        found = _state(connection)
        return found[0] if found else None


def head_revision() -> str:
    """The newest revision that this version knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101 - there is always one
    return head


def _text(name: str) -> str:
    return (resource_root("sql") / name).read_text(encoding="utf-8")


def _checksum() -> str:
    digest = hashlib.sha256()
    for path in code_files():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_root("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _alembic(connection: Connection, run: Callable[..., None], revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    run(config, revision)


def _install_code(connection: Connection) -> None:
    # Functions call each other in circles, so bodies are checked by the tests and not one by one here.
    connection.exec_driver_sql(query("trust_bodies"))
    for path in code_files():
        run_script(connection, path.read_text(encoding="utf-8"))
    connection.exec_driver_sql(query("remember_code"), (_checksum(),))


def _state(connection: Connection) -> tuple[str | None, str | None] | None:
    if connection.exec_driver_sql(query("has_migrations")).scalar() is None:
        return None
    row = connection.exec_driver_sql(query("migration_state")).one()
    return row[0], row[1]


def _is_current(connection: Connection) -> bool:
    return _state(connection) == (head_revision(), _checksum())


@contextmanager
def _transaction(database_url: str) -> Iterator[Connection]:
    """A transaction as ledger_owner that no second migration enters; roles and schemas are there."""
    with _connected(database_url) as connection, connection.begin_nested():
        connection.exec_driver_sql(query("migration_lock"))
        run_script(connection, _text("roles.sql"))
        yield connection


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    conninfo = to_conninfo(database_url)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise translate(error.orig or error) from error.orig
    except psycopg.Error as error:
        raise translate(error) from error
    finally:
        engine.dispose()
