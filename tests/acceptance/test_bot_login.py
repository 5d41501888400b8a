"""Everything that a bot needs works under its own login, with the same results as for the owner."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from ledger import BotAccountError, LedgerClient, PermissionDeniedError
from tests.clients import KINDS, open_client
from tests.fills import SYMBOL, fill, moment
from tests.logins import NewLogin, as_login, logins
from tests.servers import Servers
from tests.statements import statement
from tests.working_day import a_working_day, seen


@pytest.fixture
def new_login(servers: Servers, make_database: Callable[[], str]) -> Iterator[NewLogin]:
    # The databases are dropped first: a login that owns something there could not be.
    with logins(servers.admin_url) as make:
        yield make


@pytest.mark.parametrize("kind", KINDS)
def test_a_working_day(kind: str, make_database: Callable[[], str], new_login: NewLogin, redis_url: str) -> None:
    days = []
    owner_url, bot_url = make_database(), make_database()
    for url in (owner_url, as_login(bot_url, new_login("ledger_bot"))):
        with open_client(kind, "bot", account="main", database_url=url, redis_url=redis_url) as client:
            days.append(a_working_day(client))
            # From the cache now.
            assert client.get_position(SYMBOL).size == client.position_as_of(SYMBOL, moment(60)).size
        with open_client(kind, "bot", database_url=url) as without_cache:
            assert seen(without_cache)["trades"] == days[-1]["trades"]
    assert days[0] == days[1]


def test_bots_are_given_to_logins_by_the_owner(
    database_url: str, new_login: NewLogin, connection: psycopg.Connection[Any]
) -> None:
    first, second, member = new_login("ledger_bot"), new_login("ledger_bot"), new_login("ledger_bot")
    with LedgerClient("bot", account="main", database_url=as_login(database_url, first)) as client:
        client.record_fill(**fill("e1"))
        given = {"account_id": 1, "bot_id": "bot", "login": second}
        connection.execute(statement("roles/assign_bot"), given)
        with pytest.raises(PermissionDeniedError):
            client.record_fill(**fill("e2"))
        assert client.get_position(SYMBOL).size == 0  # as if there were nothing
    connection.execute(statement("roles/grant", granted=second, role=member))
    for login in (second, member):
        with LedgerClient("bot", database_url=as_login(database_url, login)) as client:
            assert client.record_fill(**fill(f"of {login}")).position.size >= 2
    with (
        LedgerClient("bot", account="elsewhere", database_url=as_login(database_url, second)) as client,
        pytest.raises(BotAccountError),
    ):
        client.register()


def test_one_login_that_is_gone_does_not_disturb_the_others(
    database_url: str, servers: Servers, connection: psycopg.Connection[Any]
) -> None:
    with ExitStack() as stack:
        with (
            logins(servers.admin_url) as passing,
            LedgerClient("gone", account="main", database_url=as_login(database_url, passing("ledger_bot"))) as client,
        ):
            client.record_fill(**fill("g1"))
        make = stack.enter_context(logins(servers.admin_url))
        url = as_login(database_url, make("ledger_bot"))
        with LedgerClient("bot", account="main", database_url=url) as client:
            client.record_fill(**fill("e1"))
            assert client.get_position(SYMBOL).size == 1
        with psycopg.connect(url, autocommit=True) as own:
            for relation in ("bots", "books", "fills", "lots", "current_positions"):
                assert len(own.execute(statement("roles/rows", relation=relation)).fetchall()) == 1
    assert len(connection.execute(statement("roles/rows", relation="bots")).fetchall()) == 3


def test_a_login_of_no_role_gets_nothing(database_url: str, new_login: NewLogin) -> None:
    with LedgerClient("bot", account="main", database_url=as_login(database_url, new_login())) as client:
        with pytest.raises(PermissionDeniedError):
            client.register()
        with pytest.raises(PermissionDeniedError):
            client.record_fill(**fill("e1"))
