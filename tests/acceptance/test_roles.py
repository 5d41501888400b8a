"""What a bot's login may not do is refused by the database itself; what a bot needs works under its login."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import set_json_loads

from ledger import LedgerClient, PermissionDeniedError
from ledger.queries import query
from tests.all_rows import all_rows
from tests.fills import SYMBOL, fill
from tests.logins import NewLogin, as_login, logins
from tests.servers import Servers
from tests.statements import statement
from tests.world import World, legacy_trades, open_world

SQL = Path(__file__).parents[1] / "sql" / "roles"
# What does not belong to a bot, and is no secret between the bots of a database.
OPEN = {"accounts", "instruments"}
CLOSED = {
    "coverage",
    "quarantined_executions",
    "reconciliation_runs",
    "reconciliation_findings",
    "equity_snapshots",
}
NAME = "fifoledger_test_roles"


def statements_in(folder: str) -> list[str]:
    return sorted(f"roles/{folder}/{path.stem}" for path in (SQL / folder).glob("*.sql"))


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
    assert before["fill_voids"][0] == 3
    yield
    assert all_rows(world.owner) == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("attack", statements_in("refused") + statements_in("calls"))
def test_refused_by_the_database(world: World, attack: str) -> None:
    with world.connect(world.bob) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement(attack, **world.names()), world.alices)


def test_every_function_with_the_owner_s_power_was_tried(world: World) -> None:
    tried = {Path(name).name for name in statements_in("calls")}
    offered = {name for (name,) in world.owner.execute(statement("roles/definer_functions"))}
    assert offered - tried == {"may_act_for", "verify_strays"}, "these answer a bot's login without telling it anything"
    with world.connect(world.bob) as connection:
        assert connection.execute(statement("roles/verify_strays")).fetchall() == []
        for bot, may in (("alice", False), ("bob", True), ("external", False), ("nobody", False)):
            answer = connection.execute(statement("roles/may_act_for"), {"bot_id": bot}).fetchone()
            assert answer == (may,)


def test_the_catalogue_has_no_gap(world: World) -> None:
    assert world.owner.execute(statement("roles/unguarded_functions")).fetchall() == []
    assert world.owner.execute(statement("roles/writable")).fetchall() == []
    assert world.owner.execute(statement("roles/unowned")).fetchall() == []


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("attack", statements_in("journal"))
@pytest.mark.parametrize("role", ["superuser", "ledger_owner"])
def test_the_journal_is_append_only_for_everyone(world: World, attack: str, role: str) -> None:
    with world.owner.transaction(force_rollback=True):
        if role == "ledger_owner":
            world.owner.execute(statement("roles/become_owner"))
        with pytest.raises(psycopg.Error) as caught, world.owner.transaction():
            world.owner.execute(statement(attack))
    assert caught.value.sqlstate == "FL006", caught.value


def _rows(connection: psycopg.Connection[Any], relation: str) -> list[dict[str, Any]]:
    set_json_loads(lambda text: json.loads(text, parse_float=Decimal), connection)
    found = connection.execute(statement("roles/rows", relation=relation)).fetchall()
    return sorted((row for (row,) in found), key=str)


@pytest.mark.parametrize("settings", ["as_is", "row_security_off", "as_group"])
def test_a_bot_s_login_sees_its_own_bots_and_no_other(world: World, settings: str) -> None:
    books = {row["book_id"]: row["bot_id"] for row in _rows(world.owner, "books")}
    with world.connect(world.bob) as connection:
        connection.execute(statement(f"roles/{settings}"))
        for (relation,) in world.owner.execute(statement("roles/relations")).fetchall():
            everything = _rows(world.owner, relation)
            own = [row for row in everything if row.get("bot_id", books.get(row.get("book_id"))) == "bob"]
            expected = everything if relation in OPEN else [] if relation in CLOSED else own
            try:
                seen = _rows(connection, relation)
            except psycopg.errors.InsufficientPrivilege:
                assert settings == "row_security_off", relation
                assert relation not in OPEN
                continue
            assert seen == expected, relation
            assert seen or relation in CLOSED | {"instruments", "orders"}, f"{relation} was empty"


def test_a_reader_sees_everything_and_writes_nothing(world: World) -> None:
    before = all_rows(world.owner)
    with world.connect(world.reader) as connection:
        for (relation,) in world.owner.execute(statement("roles/relations")).fetchall():
            assert _rows(connection, relation) == _rows(world.owner, relation)
        assert connection.execute(statement("roles/calls/verify_book"), world.alices).fetchall() == []
        for attack in statements_in("refused") + statements_in("calls"):
            if not attack.endswith(("verify_book", "set_role_reader")):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement(attack, **world.names()), world.alices)
    assert all_rows(world.owner) == before


@pytest.mark.usefixtures("unchanged")
def test_another_bot_s_order_cannot_be_replaced(world: World) -> None:
    # alice wrote the order; bob claims to have its executions, under a client order id of his own.
    with LedgerClient("bob", database_url=as_login(world.url, world.bob)) as bob, pytest.raises(PermissionDeniedError):
        bob.record_fill(**fill("forged", at=4, order_id="alice-order", client_order_id="bob-in-123456789"))


def test_clients_say_that_they_may_not(world: World) -> None:
    with LedgerClient("alice", database_url=as_login(world.url, world.bob)) as client:
        for attempt in (client.register, client.heartbeat, lambda: client.record_fill(**fill("forged"))):
            with pytest.raises(PermissionDeniedError, match=r"bob|login"):
                attempt()
    before = world.owner.execute(statement("roles/rows", relation="fills")).fetchall()
    with LedgerClient("bob", database_url=as_login(world.url, world.bob)) as client:
        with pytest.raises(PermissionDeniedError):
            client.record_fills([fill("mine", at=5), fill("forged", at=5, client_order_id="alice-in-123456789")])
        after = world.owner.execute(statement("roles/rows", relation="fills")).fetchall()
        # Each book is a transaction of its own.
        assert [row["exec_id"] for (row,) in after if (row,) not in before] == ["mine"]


def test_what_is_known_already_is_not_written_again_by_another_login(world: World) -> None:
    before = all_rows(world.owner)
    with LedgerClient("bob", database_url=as_login(world.url, world.bob)) as bob:
        assert bob.record_fill(**fill("alice-1", "Sell", 2, 110, at=1)).duplicate
    assert all_rows(world.owner) == before


def test_a_legacy_trade_of_another_bot_s_is_neither_replaced_nor_told(world: World) -> None:
    before = all_rows(world.owner)
    with world.connect(world.bob) as connection:
        row = connection.execute(query("import_legacy_trades"), legacy_trades("bob", "alice-1")).fetchone()
    assert row is not None
    assert row[:2] == (0, 0)
    assert row[2] == [{"legacy_id": "alice-1", "fields": {"bot_id": {"stored": "hidden", "given": "bob"}}}]
    assert all_rows(world.owner) == before


def test_functions_are_not_led_astray_by_the_caller_s_search_path(world: World) -> None:
    world.owner.execute(statement("roles/grant_create", database=NAME, role=world.bob))
    with world.connect(world.bob) as connection:
        connection.execute(statement("roles/attack_path"))
        with pytest.raises(psycopg.errors.RaiseException, match="led astray"):
            connection.execute(statement("roles/path_works"))
        call = statement("roles/record_as_bob")
        for exec_id, side, at in (("p1", "Buy", 10), ("p2", "Sell", 12), ("p3", "Sell", 11)):
            connection.execute(call, {"exec_id": exec_id, "side": side, "at": fill("x", at=at)["exec_time"]})
        for name in statements_in("calls"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement(name), world.alices)
    world.owner.execute(statement("roles/drop_owned", role=world.bob))
    assert world.one("roles/last_fill", exec_id="p3")[9]
    book = world.one("roles/book_of", bot_id="bob")[0]
    assert (
        world.owner.execute(statement("roles/calls/verify_book"), {"account_id": 1, "book_id": book}).fetchall() == []
    )


def test_forged_columns_of_a_batch_are_not_taken(world: World) -> None:
    forged = {
        "account_id": 2, "book_id": 1, "bot_id": "alice", "fill_id": 77, "book_seq": 99, "symbol": "ETHUSDT",
        "category": "spot", "position_idx": 1, "signed_qty": "1000", "fee": "-1000", "hash": "\\x00",
        "recorded_at": "2001-01-01T00:00:00Z", "exec_id": "fb", "side": "Buy", "exec_price": "100", "exec_qty": "1",
        "exec_time": "2026-03-02T10:30:00Z", "commission": "0.5", "exec_type": "Trade", "source": "bot",
    }  # fmt: skip
    with world.connect(world.bob) as connection:
        connection.execute(statement("roles/forged_batch"), {"account_id": 1, "fills": json.dumps([forged])})
    stored = world.one("roles/last_fill", exec_id="fb")
    book = world.one("roles/book_of", bot_id="bob")[0]
    assert stored[:3] == (1, book, "bob")
    assert stored[4] == (book << 32) + stored[3]
    assert stored[5:] == (Decimal(1), Decimal("0.5"), SYMBOL, 32, True)
