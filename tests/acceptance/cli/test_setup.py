"""status, settings, migrate, bots assign."""

import secrets
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ledger.cli.masking import mask_database_url
from ledger.database.url import to_conninfo
from ledger.migrate import head_revision
from tests.acceptance.cli.conftest import Shell
from tests.statements import statement


def test_status(days: Shell) -> None:
    answer = days("status", "--json")
    document = answer.json

    assert answer.code == 0
    assert document["ok"] is True
    assert document["database"]["revision"] == document["database"]["newest_revision"] == head_revision()
    assert document["database"]["ledger"] == {
        "accounts": 2,
        "bots": 4,
        "books": 3,
        "open_positions": 3,
        "journal_entries": 8,
        "trades": 5,
        "last_fill_time": "2026-03-03T11:30:00Z",
    }
    out = days("status").out
    assert "last fill time (UTC)  2026-03-03 11:30:00" in out
    assert "journal entries       8" in out


def test_status_without_the_schema(shell: Shell, empty_database: str) -> None:
    shell.set("LEDGER_DATABASE_URL", empty_database)

    answer = shell("status")

    assert answer.code == 3
    assert "run fifoledger migrate" in " ".join(answer.out.split())


def test_migrate(shell: Shell, empty_database: str) -> None:
    shell.set("LEDGER_DATABASE_URL", empty_database)
    for command in (["positions"], ["lots", "--json"], ["trades", "--json"]):
        refused = shell(*command)
        assert (refused.code, refused.out) == (3, "")
        assert "error [schema]" in refused.err

    first, second = shell("migrate", "--json"), shell("migrate", "--json")

    head = head_revision()
    assert first.json == {"before": None, "after": head, "newest": head, "changed": True}
    assert second.json == {"before": head, "after": head, "newest": head, "changed": False}
    assert "up to date" in shell("migrate").out
    assert shell("positions").code == 0


def test_downgrade_asks_first(shell: Shell, empty_database: str) -> None:
    shell.set("LEDGER_DATABASE_URL", empty_database)
    shell("migrate")

    refused = shell("migrate", "--downgrade", "--revision", "base", stdin="n\n")
    kept = shell("status").code
    done = shell("migrate", "--downgrade", "--revision", "base", "--yes")

    assert (refused.code, kept) == (1, 0)
    assert f"{mask_database_url(empty_database)} goes back from {head_revision()} to base" in refused.err
    assert "0 accounts, 0 books, 0 journal entries, 0 trades" in refused.err
    assert done.code == 0
    assert "after: no schema" in done.out


def test_the_question_before_a_downgrade_says_what_goes(days: Shell, database_url: str) -> None:
    parts = make_conninfo(to_conninfo(database_url), password="only-for-a-test")
    days.set("LEDGER_DATABASE_URL", parts)

    answer = days("migrate", "--downgrade", "--revision", "base", stdin="n\n")

    assert answer.code == 1
    assert ":****@" in answer.err
    assert "2 accounts, 3 books, 8 journal entries, 5 trades" in answer.err
    assert "only-for-a-test" not in answer.out + answer.err


def test_without_the_extra(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)  # as if it were not installed

    status, down, machine, up = shell("status"), shell("down"), shell("down", "--json"), shell("up")

    assert status.code == 3
    assert "fifoledger[embedded]" in status.out
    assert "fifoledger up" not in status.out  # which could not help
    assert (down.code, down.err) == (0, "")
    assert "nothing to stop" in down.out
    assert machine.json == {"home": None, "stopped": False}
    assert up.code == 3
    assert "fifoledger[embedded]" in up.err


@pytest.mark.parametrize("arguments", [["--downgrade"], ["--revision", "no_such_revision"]])
def test_migrate_refuses_what_makes_no_sense(cli: Shell, arguments: list[str]) -> None:
    answer = cli("migrate", *arguments)

    assert answer.code == 2
    assert "--revision" in answer.err


def test_settings_show_where_they_come_from_and_no_secret(shell: Shell) -> None:
    with open(".env", "w", encoding="utf-8") as file:  # noqa: PTH123 - the directory of the shell
        file.write("LEDGER_REDIS_URL=rediss://bob:redis-secret@cache.example:6380/2\nLEDGER_POOL_SIZE=9\n")
    shell.set(
        "LEDGER_DATABASE_URL", "postgresql+psycopg://alice:pg-secret@db.example:5433/ledger?sslpassword=more-secret"
    )
    shell.set("LEDGER_POOL_SIZE", "7")

    document, people = shell("settings", "--json"), shell("settings")
    rows = {row["variable"]: (row["value"], row["source"]) for row in document.json}

    assert rows["LEDGER_DATABASE_URL"] == ("postgresql://alice:****@db.example:5433/ledger", "environment")
    assert rows["LEDGER_REDIS_URL"] == ("rediss://bob:****@cache.example:6380/2", ".env")
    assert rows["LEDGER_POOL_SIZE"] == ("7", "environment")
    assert rows["LEDGER_ACCOUNT"] == (None, "default")
    assert "secret" not in document.out + people.out


def test_settings_that_are_wrong(shell: Shell) -> None:
    shell.set("LEDGER_POOL_SIZE", "none-at-all")

    answer = shell("settings")

    assert answer.code == 3
    assert answer.err.startswith("error [configuration]: LEDGER_POOL_SIZE")
    assert "none-at-all" not in answer.err


@pytest.fixture
def login(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """A login role that is not yet a bot's."""
    name = f"fifoledger_cli_{secrets.token_hex(4)}"
    connection.execute(statement("create_login", role=name))
    yield name
    connection.execute(statement("drop_login", role=name))


def test_a_bot_is_assigned_to_a_login(days: Shell, login: str) -> None:
    given = days("bots", "assign", "alpha", login)
    listed = {row["bot_id"]: row["login_role"] for row in days("bots", "--json").json if row["account"] == "main"}
    taken = days("bots", "assign", "alpha", "--nobody", "--json")

    assert given.code == 0
    assert f"nobody → {login}" in given.out
    assert "GRANT ledger_bot" in given.err
    assert listed == {"alpha": login, "external": None}
    assert taken.json == {"account": "main", "bot_id": "alpha", "login_before": login, "login": None}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["alpha", "no_such_login"], "a login of this PostgreSQL server"),
        (["no_such_bot", "--nobody"], "a registered bot"),
        (["external", "--nobody"], "account"),
        (["alpha"], "give either a LOGIN or --nobody"),
        (["alpha", "postgres", "--nobody"], "give either a LOGIN or --nobody"),
    ],
)
def test_what_cannot_be_assigned(days: Shell, arguments: list[str], needed: str) -> None:
    answer = days("bots", "assign", *arguments)

    assert answer.code == 2
    assert needed in answer.err


def test_a_reader_reads_and_proves(
    days: Shell, login: str, connection: psycopg.Connection[Any], database_url: str
) -> None:
    connection.execute(statement("grant_reader", role=login))
    days.set("LEDGER_DATABASE_URL", make_conninfo(to_conninfo(database_url), user=login, password="only-for-a-test"))

    assert days("status").code == 0
    assert len(days("positions", "--json").json) == 3
    assert days("verify").code == 0
    refused = days("rebuild")
    assert refused.code == 5
    assert refused.err.startswith("error [permission_denied]:")
    assert "only-for-a-test" not in days("settings").out
