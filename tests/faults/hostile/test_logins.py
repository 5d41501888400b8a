"""A ledger attacked from a bot's login, beyond what it is offered, and from a reader's."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from typer.testing import CliRunner

from ledger import InvalidInputError, LedgerClient
from ledger.cli import app
from ledger.database.url import to_conninfo
from ledger.errors import LedgerError
from tests.all_rows import all_rows
from tests.fills import fill, moment
from tests.invariants import check_invariants
from tests.logins import NewLogin, as_login, logins
from tests.servers import Servers
from tests.statements import statement, statements
from tests.working_day import a_working_day
from tests.world import World, open_world

NAME = "fifoledger_test_hostile"
REFUSED = sorted(path.stem for path in (Path(__file__).parents[2] / "sql" / "hostile" / "refused").glob("*.sql"))
RELATIONS = (
    "bots", "books", "fills", "fill_voids", "lots", "completed_trades", "funding_payments", "book_rebuilds",
    "legacy_trades",
    "orders", "current_positions", "position_entries",
)  # fmt: skip


@pytest.fixture(scope="module")
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


@pytest.fixture(scope="module")
def world(servers: Servers, template_database: str, new_login: NewLogin) -> Iterator[World]:
    with open_world(servers.admin_url, template_database, NAME, new_login) as opened:
        yield opened


@pytest.fixture
def unchanged(world: World) -> Iterator[None]:
    before = all_rows(world.owner)
    yield
    assert all_rows(world.owner) == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("role", ["bob", "reader"])
def test_the_server_refuses(world: World, role: str) -> None:
    allowed = []
    for attack in REFUSED:
        with world.connect(getattr(world, role)) as connection:
            try:
                connection.execute(statement(f"hostile/refused/{attack}", **world.names()))
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidObjectDefinition):
                continue
        allowed.append(attack)
    assert allowed == []


@pytest.mark.usefixtures("unchanged")
def test_no_function_of_its_own_sees_a_row_that_it_may_not(world: World) -> None:
    with world.connect(world.alice) as connection:  # what she may see is looked at: the attack works where it may
        connection.execute(statement("hostile/leak"))
        with pytest.raises(psycopg.errors.RaiseException, match="leaked"):
            connection.execute(statement("hostile/look", relation="fills"))
    with world.connect(world.bob) as connection:
        connection.execute(statement("hostile/leak"))
        for relation in RELATIONS:
            rows = connection.execute(statement("hostile/look", relation=relation)).fetchall()
            assert "alice" not in str(rows)
            connection.execute(statement("hostile/divide", relation=relation))


@pytest.mark.usefixtures("unchanged")
def test_copy_gives_what_select_gives(world: World) -> None:
    with world.connect(world.bob) as connection:
        for relation in RELATIONS:
            name = "copy_out" if relation in {"current_positions", "position_entries"} else "copy_table"
            with connection.cursor() as cursor, cursor.copy(statement(f"hostile/{name}", relation=relation)) as copied:
                told = b"".join(bytes(block) for block in copied)
            assert b"alice" not in told, relation
            assert told or relation == "orders", relation


def test_the_catalogue_tells_nothing_of_other_bots_rows(world: World) -> None:
    world.owner.execute(statement("plans/analyze"))
    with world.connect(world.bob) as connection:
        for name in ("statistics", "sequences", "other_activity"):
            assert connection.execute(statement(f"hostile/{name}")).fetchone() == (0,), name


def test_temporary_objects_stand_before_nothing(world: World) -> None:
    with world.connect(world.bob) as connection:
        connection.execute(statement("hostile/temp_objects"))
        before = all_rows(world.owner)
        for name in statements("roles/calls"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement(f"roles/calls/{name}"), world.alices)
        assert all_rows(world.owner) == before
        odd = {**SOUND, "exec_id": "beside temporary objects"}
        connection.execute(statement("hostile/odd_fill"), odd)
    assert world.one("roles/last_fill", exec_id="beside temporary objects")[2] == "bob"


SETTINGS = (
    "DateStyle=German", "TimeZone=Pacific/Kiritimati", "IntervalStyle=sql_standard", "extra_float_digits=-15",
    "bytea_output=escape", "transform_null_equals=on", "array_nulls=off", "quote_all_identifiers=on",
    "default_transaction_isolation=serializable", "enable_indexscan=off", "standard_conforming_strings=off",
    "escape_string_warning=off", "backslash_quote=on", "xmlbinary=hex", "search_path=pg_temp,trading", "work_mem=64kB",
)  # fmt: skip


def test_no_setting_of_a_session_changes_what_is_booked(make_database: Any, new_login: NewLogin) -> None:
    days = []
    for settings in ((), SETTINGS):
        url = make_database()
        options = " ".join(f"-c {setting}" for setting in settings)
        login = psycopg.conninfo.make_conninfo(as_login(url, new_login("ledger_bot")), options=options)
        with LedgerClient("bot", account="main", database_url=login) as client:
            days.append(a_working_day(client))
    assert days[0] == days[1]


SOUND: dict[str, Any] = {
    "symbol": "ODDUSDT", "price": "1", "qty": "1", "at": moment(9).isoformat(), "exec_id": "odd", "commission": "0",
    "text": "odd",
}  # fmt: skip
ODD: dict[str, tuple[str, ...]] = {
    "at": ("infinity", "-infinity", "20000-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "4000-01-01 BC"),
    "qty": ("NaN", "Infinity", "-Infinity", "1e31", "1e1000", "1e-31"),
    "price": ("NaN", "Infinity", "-1", "1e31", "1e1000", "1e-31"),
    "commission": ("NaN", "Infinity", "-Infinity", "1e31", "-1e1000", "1e-31"),
}
# What each of them takes of it; an equity and a P&L have no smallest step.
TAKEN = {
    "odd_fill": ("at", "qty", "price", "commission"), "odd_cash": ("at", "price", "qty", "commission"),
    "odd_legacy": ("at", "qty"), "odd_equity": ("qty",), "odd_instrument": ("qty",),
}  # fmt: skip


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", TAKEN)
def test_what_would_fail_everybody_s_reading_is_refused(world: World, name: str) -> None:
    """A row that no driver or no program can show would take every list with it that it is in."""
    taken = []
    with world.connect(world.bob) as connection:
        for field in TAKEN[name]:
            for value in ODD[field]:
                if (name, value) in {("odd_equity", "1e-31"), ("odd_legacy", "1e-31")}:
                    continue
                try:
                    connection.execute(statement(f"hostile/{name}"), {**SOUND, field: value})
                except psycopg.Error as error:
                    assert error.sqlstate in {"FL004", "23514"}, (value, error)
                else:
                    taken.append((field, value))
    assert taken == []


STEERING = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\nfills 0"


def test_texts_of_a_bot_steer_nobody_s_terminal(make_database: Any, new_login: NewLogin) -> None:
    url = make_database()
    login = as_login(url, new_login("ledger_bot"))
    with LedgerClient("bob", account="main", database_url=login) as client:
        client.register()
    with psycopg.connect(login, autocommit=True) as connection:
        for name in ("odd_bot", "odd_account", "odd_instrument"):
            with pytest.raises(psycopg.Error) as caught:
                connection.execute(statement(f"hostile/{name}"), {**SOUND, "text": STEERING})
            assert caught.value.sqlstate == "FL004"
        for number, symbol in enumerate((f"A{STEERING}", "B[red]")):
            connection.execute(
                statement("hostile/odd_fill"), {**SOUND, "symbol": symbol, "exec_id": f"e{number}", "text": STEERING}
            )
    with patch.dict(os.environ, {"LEDGER_DATABASE_URL": url, "COLUMNS": "200"}):
        for command in (["positions"], ["lots"], ["trades"], ["bots"], ["verify"], ["pnl"], ["stats"]):
            for form in ([], ["--json"]):
                result = CliRunner().invoke(app, [*command, *form], prog_name="fifoledger")
                assert result.exit_code == 0, (command, result.output)
                assert not set(result.output) & set("\x1b\x07\x9b\u202e"), (command, form)
    shown = CliRunner().invoke(app, ["lots"], env={"LEDGER_DATABASE_URL": url, "COLUMNS": "200"})
    assert "\\x1b]0;owned\\x07" in shown.output


def test_an_instrument_that_a_bot_s_login_stated_is_corrected_by_the_service(
    make_database: Any, new_login: NewLogin
) -> None:
    url = make_database()
    bob, alice, service = (new_login(f"ledger_{role}") for role in ("bot", "bot", "service"))
    for bot, login in (("bob", bob), ("alice", alice)):
        with LedgerClient(bot, account="main", database_url=as_login(url, login)) as client:
            client.register()
    for bot, login, multiplier, refused in (
        ("bob", bob, 1000, False), ("alice", alice, 1, True), ("bob", bob, 1, True), ("external", service, 1, False),
    ):  # fmt: skip
        with psycopg.connect(as_login(url, login), autocommit=True) as connection:
            given = {"bot_id": bot, "multiplier": multiplier}
            if refused:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement("hostile/instrument"), given)
            else:
                connection.execute(statement("hostile/instrument"), given)
    with LedgerClient("alice", database_url=as_login(url, alice)) as client:
        client.record_fills([fill("a1", symbol="NEWUSDT"), fill("a2", "Sell", price=101, at=1, symbol="NEWUSDT")])
        assert [trade.gross_pnl for trade in client.get_completed_trades("NEWUSDT")] == [1]


def test_a_lock_that_anybody_can_take_delays_and_changes_nothing(
    database_url: str, new_login: NewLogin, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Advisory locks are open to every login of a database: the worst is a wait, which ends with an error in time."""
    monkeypatch.setenv("LEDGER_STATEMENT_TIMEOUT", "0.5")
    monkeypatch.setenv("LEDGER_RETRY_TIMEOUT", "0")
    with (
        LedgerClient("alice", account="main", database_url=database_url) as client,
        psycopg.connect(as_login(database_url, new_login("ledger_bot")), autocommit=True) as bob,
    ):
        client.record_fill(**fill("a1"))
        before = all_rows(connection)
        bob.execute(statement("hostile/lock_order"), {"account_id": 1, "order_id": "wanted"})
        bob.execute(statement("hostile/lock_account"), {"account_id": 1})
        began = time.monotonic()
        with pytest.raises(LedgerError) as caught:
            client.record_fill(**fill("a2", order_id="wanted"))
        assert caught.value.code == "database_unavailable"
        assert time.monotonic() - began < 10
        assert all_rows(connection) == before
        client.record_fill(**fill("a3", order_id="another"))
    with LedgerClient("alice", database_url=database_url) as client:
        assert not client.record_fill(**fill("a2", order_id="wanted")).duplicate


TEXTS = (
    "'; DROP TABLE trading.fills; --", "\\'; SELECT 1; --", "%(account_id)s", "%s %d %%", "$1$", "{symbol}", "{0}",
    "/* */",
    '"; --', "x' OR '1'='1", "E'\\\\x00'", "NULL", "1); DELETE FROM trading.bots; --", "\u02bc; --", "${LEDGER_HOME}",
    "`id`", "$(id)", "*/ --", "a\u0000b".replace("\0", "\\0"), "<script>alert(1)</script>", "{{ 7 * 7 }}", "position:*",
)  # fmt: skip


@pytest.mark.parametrize(
    "field", ["symbol", "exec_id", "order_id", "client_order_id", "close_reason", "commission_asset", "source"]
)
def test_every_text_is_stored_as_it_is(make_database: Any, redis_url: str, field: str) -> None:
    url = make_database()
    with LedgerClient("bot'; --", account="%s", database_url=url, redis_url=redis_url, category="it's") as client:
        fills = [{**fill(f"e{number}", at=number), field: text} for number, text in enumerate(TEXTS)]
        for one in fills[::2]:
            client.record_fill(**one)
        client.record_fills(fills[1::2])
        for text in TEXTS:
            client.get_position(text)
            client.get_open_position_entries(text)
            client.get_completed_trades(text)
            client.realized_pnl(text)
            client.position_as_of(text, moment(99))
    with psycopg.connect(to_conninfo(url), autocommit=True) as owner:
        check_invariants(owner)
        stored = [row[field] for (row,) in owner.execute(statement("roles/rows", relation="fills")).fetchall()]
    assert sorted(stored) == sorted(TEXTS)


def test_a_text_that_is_none_is_refused_by_name(database_url: str) -> None:
    with LedgerClient("bot", account="main", database_url=database_url) as client:
        for text in ("a\0b", "\ud800", "\x1b[2J"):
            with pytest.raises(InvalidInputError, match="symbol"):
                client.record_fill(**fill("e", symbol=text))
