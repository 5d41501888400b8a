"""Database logins that a test may use and that are gone afterwards."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.database.url import to_conninfo
from tests.statements import statement

NewLogin = Callable[..., str]


@contextmanager
def logins(admin_url: str) -> Iterator[NewLogin]:
    """Makes logins that are members of the roles named; answers their names."""
    made: list[str] = []
    with psycopg.connect(to_conninfo(admin_url), autocommit=True) as connection:

        def make(*roles: str) -> str:
            name = f"fifoledger_test_{secrets.token_hex(6)}"
            made.append(name)
            connection.execute(statement("roles/create_login", role=name))
            for granted in roles:
                connection.execute(statement("roles/grant", role=name, granted=granted))
            return name

        yield make
        for name in made:
            connection.execute(statement("roles/drop_login", role=name))


def as_login(database_url: str, login: str) -> str:
    """The same database for another login."""
    parts = conninfo_to_dict(to_conninfo(database_url))
    return make_conninfo("", **{**parts, "user": login, "password": "of-a-test"})
