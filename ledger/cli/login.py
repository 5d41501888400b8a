"""`login`: database logins that may do no more than they need."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import psycopg
import typer

from ledger.cli.opening import database, ready_settings, url_of
from ledger.cli.options import Json
from ledger.cli.output import output, print_json
from ledger.database import Query
from ledger.database.failures import translate
from ledger.database.url import to_conninfo
from ledger.errors import InvalidInputError

_PASSWORD = "LEDGER_LOGIN_PASSWORD"  # noqa: S105  # the variable's name  # nosec B105


class Purpose(StrEnum):
    """What a login is for."""

    BOT = "bot"
    READER = "reader"
    SERVICE = "service"


def login(
    name: Annotated[str, typer.Argument(help="The login, e.g. lxalgo_login.", metavar="LOGIN")],
    purpose: Annotated[
        Purpose,
        typer.Option(
            "--for",
            help="bot: writes and reads the bots that are assigned to it. reader: reads everything. service: acts for "
            "every bot, as fifoledger serve and fifoledger reconcile need it.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Make a PostgreSQL login, or change one: what it is for, and its password.

    The password comes from LEDGER_LOGIN_PASSWORD, else it is asked for at a terminal; without one it stays as it is,
    and a new login has none.
    It is hashed here, so that it is in no log of the server. You must be an administrator, or may create roles and be
    a member of ledger_owner. No such login can write a table or the journal's past, whatever it is for.

    Examples:
      fifoledger login lxalgo_login --for bot
      fifoledger login fifoledger_service --for service
    """
    if not name or "\0" in name:
        raise InvalidInputError("login", name, "a name")
    settings = ready_settings()
    password = _password(name)
    verifier = None if password is None else _verifier(url_of(settings), name, password)
    group = f"ledger_{purpose.value}"
    with database(settings) as opened:
        (row,) = opened.query(Query("ensure_login", {"login": name, "group": group, "verifier": verifier}))
    if as_json:
        print_json({"login": name, "group": group, "new": row["is_new"], "password_set": verifier is not None})
        return
    done = "made" if row["is_new"] else "is there"
    password_is = "password set" if verifier else "without a password" if row["is_new"] else "password not changed"
    output().print(f"{name}: {done}, in {group}, {password_is}", markup=False)


def _password(name: str) -> str | None:
    given = os.environ.get(_PASSWORD)
    if given is None and sys.stdin.isatty():
        given = typer.prompt(f"Password of {name} (empty: none, or not changed)", default="", hide_input=True, err=True)
    return given or None


def _verifier(url: str, name: str, password: str) -> str:
    """What the server keeps of a password, computed as libpq does it for psql."""
    try:
        with psycopg.connect(to_conninfo(url)) as connection:
            return connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    except psycopg.Error as error:
        raise translate(error) from None
