"""Logins made by the command: each may do what it is for, and nothing else."""

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ledger import LedgerClient, PermissionDeniedError
from ledger.database.url import to_conninfo
from tests.acceptance.cli.conftest import Shell
from tests.fills import SYMBOL, fill
from tests.logins import as_login
from tests.servers import Servers
from tests.statements import statement

PASSWORD = "one two 'three'"


@pytest.fixture
def name(servers: Servers) -> Iterator[str]:
    name = f"fifoledger_test_{secrets.token_hex(6)}"
    yield name
    with psycopg.connect(to_conninfo(servers.admin_url), autocommit=True) as connection:
        connection.execute(statement("roles/drop_login", role=name))


def make(cli: Shell, name: str, purpose: str, password: str = PASSWORD) -> Any:
    cli.set("LEDGER_LOGIN_PASSWORD", password)
    done = cli("login", name, "--for", purpose, "--json")
    assert done.code == 0, done.err
    assert PASSWORD not in done.out + done.err
    return done.json


def password_of(url: str, login: str) -> str | None:
    with psycopg.connect(to_conninfo(url)) as connection:
        row = connection.execute(statement("roles/password_of"), {"login": login}).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


def test_a_service_acts_for_every_bot_and_owns_nothing(cli: Shell, database_url: str, name: str) -> None:
    made = make(cli, name, "service")
    assert made == {"login": name, "group": "ledger_service", "new": True, "password_set": True}
    for bot in ("one", "two"):
        with LedgerClient(bot, account="main", database_url=database_url) as client:
            client.record_fill(**fill(f"{bot}-1"))
    with LedgerClient("one", database_url=as_login(database_url, name)) as client:
        client.record_fill(**fill("one-2", at=1))
        assert client.get_current_position_summary(SYMBOL) is not None
    with LedgerClient("two", database_url=as_login(database_url, name)) as client:
        client.record_fill(**fill("two-2", at=1))
        assert len(client.get_open_position_entries(SYMBOL)) == 2
    with psycopg.connect(as_login(database_url, name), autocommit=True) as connection:
        for attack in ("insert_fills", "delete_fills", "create_trigger", "disable_trigger", "grant_owner"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement(f"roles/refused/{attack}", bob=name, database="x"))


def test_a_bot_s_login_acts_for_its_own_bots_alone(cli: Shell, database_url: str, name: str) -> None:
    make(cli, name, "bot")
    with LedgerClient("one", account="main", database_url=database_url) as client:
        client.record_fill(**fill("one-1"))
    with LedgerClient("mine", account="main", database_url=as_login(database_url, name)) as client:
        client.record_fill(**fill("mine-1"))
    with (
        LedgerClient("one", database_url=as_login(database_url, name)) as client,
        pytest.raises(PermissionDeniedError),
    ):
        client.record_fill(**fill("one-2", at=1))


def test_a_reader_reads(cli: Shell, database_url: str, name: str) -> None:
    make(cli, name, "reader")
    with LedgerClient("one", account="main", database_url=database_url) as client:
        client.record_fill(**fill("one-1"))
    cli.set("LEDGER_DATABASE_URL", as_login(database_url, name))
    assert [row["bot_id"] for row in cli("positions", "--json").json] == ["one"]
    with (
        LedgerClient("one", database_url=as_login(database_url, name)) as client,
        pytest.raises(PermissionDeniedError),
    ):
        client.record_fill(**fill("one-2", at=1))


def test_what_a_login_is_for_can_be_changed_and_the_password_stays(cli: Shell, database_url: str, name: str) -> None:
    make(cli, name, "service")
    changed = make(cli, name, "bot", password="")
    assert changed == {"login": name, "group": "ledger_bot", "new": False, "password_set": False}
    with LedgerClient("one", account="main", database_url=database_url) as client:
        client.record_fill(**fill("one-1"))
    with (
        LedgerClient("one", database_url=as_login(database_url, name)) as client,
        pytest.raises(PermissionDeniedError),
    ):
        client.record_fill(**fill("one-2", at=1))
    assert cli("login", name, "--for", "bot").out == f"{name}: is there, in ledger_bot, password not changed\n"


def test_the_server_gets_a_hash_and_keeps_it(cli: Shell, database_url: str, name: str) -> None:
    assert cli("login", name, "--for", "bot").out == f"{name}: made, in ledger_bot, without a password\n"
    assert password_of(database_url, name) is None
    assert make(cli, name, "bot")["password_set"]
    kept = password_of(database_url, name)
    assert kept is not None
    assert kept.startswith("SCRAM-SHA-256$")
    make(cli, name, "service", password="")
    assert password_of(database_url, name) == kept


@pytest.mark.parametrize("login", ["ledger_owner", "ledger_bot", "an administrator", ""])
def test_neither_an_administrator_nor_a_group_is_touched(cli: Shell, database_url: str, login: str) -> None:
    if login == "an administrator":
        login = str(conninfo_to_dict(to_conninfo(database_url))["user"])
    done = cli("login", login, "--for", "service")
    assert done.code == 2
    assert "login = " in done.err


def test_a_bot_s_login_makes_no_logins(cli: Shell, database_url: str, name: str) -> None:
    make(cli, name, "bot")
    cli.set("LEDGER_DATABASE_URL", as_login(database_url, name))
    done = cli("login", f"{name}_more", "--for", "service")
    assert done.code == 5
