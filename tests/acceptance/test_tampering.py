"""Whatever is changed past the ledger's functions, `verify_book` says so."""

from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from tests.damage import Row, Target, record_everything
from tests.servers import Servers, create_database, drop_database
from tests.statements import statement, statements

TABLES = ("fills", "fill_voids", "funding_payments", "lots", "completed_trades", "books")
# Not covered, each for a reason.
EXCLUDED = {
    ("books", "updated_at"): "when the row was written last; nothing is computed from it",
}
# What says which row it is, and in which order rows came: the columns that two rows exchange.
PLACES = {
    "fills": ("fill_id", "book_seq"),
    "fill_voids": ("fill_id",),
    "funding_payments": ("cash_seq",),
    "lots": ("fill_id",),
    "completed_trades": ("entry_fill_id", "exit_fill_id"),
}
# Which book's row it is, and what a book is before anything is derived.
NOT_DERIVED = {
    "lots": {"account_id", "book_id", "fill_id"},
    "completed_trades": {"account_id", "book_id", "exit_fill_id"},
    "books": {
        "account_id", "book_id", "bot_id", "category", "symbol", "position_idx", "base_coin", "quote_coin",
        "settle_coin", "multiplier", "book_seq", "hash", "cash_seq", "cash_hash", "updated_at",
    },
}  # fmt: skip
NAME = "fifoledger_test_tampering"
# Not what a login may see of it.
BY_HAND = {name: text for name, text in statements("damage/by_hand").items() if not name.startswith("seen")}


@pytest.fixture(scope="module")
def target(servers: Servers, template_database: str) -> Iterator[Target]:
    url = create_database(servers.admin_url, NAME, template_database)
    with LedgerClient("bot", account="main", database_url=url) as client:
        record_everything(client)
    with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
        opened = Target(connection)
        opened.prepare()
        yield opened
        assert opened.complaints() == [], "damage was not taken back"
    drop_database(servers.admin_url, NAME)


def test_an_honest_ledger_is_clean(target: Target) -> None:
    assert target.complaints() == []
    for table in TABLES:
        assert len(target.rows(table, every=True)) > 1, f"{table} has too few rows to try on"


@pytest.mark.parametrize("table", TABLES)
def test_each_column_changed(target: Target, table: str) -> None:
    unseen = []
    for column, column_type in target.columns(table):
        if (table, column) in EXCLUDED:
            continue
        tried = 0
        for row in target.rows(table):
            seen = target.changed(table, column, column_type, row)
            tried += len(seen)
            unseen += [f"{column}: {way} in book {row.book_id}" for way, found in seen.items() if not found]
        assert tried > 0, f"no way to change {column} was found"
    assert unseen == []


@pytest.mark.parametrize("table", NOT_DERIVED)
def test_whatever_is_derived_a_rebuild_brings_back(target: Target, table: str) -> None:
    kept = []
    for column, column_type in target.columns(table):
        if column in NOT_DERIVED[table]:
            continue
        for row in target.rows(table):
            seen = target.repaired(table, column, column_type, row)
            kept += [f"{column}: {way} in book {row.book_id}" for way, repaired in seen.items() if not repaired]
    assert kept == []


@pytest.mark.parametrize("table", TABLES)
def test_each_row_deleted(target: Target, table: str) -> None:
    rows = target.rows(table, every=True)
    unseen = [row for row in rows if not target.damaged("delete", row, {"row": row.place}, table=table)]
    assert unseen == []


def test_a_trade_that_is_missing_is_named_the_only_one_of_its_book_too(target: Target) -> None:
    for row in target.rows("completed_trades", every=True):
        found = target.damaged("delete", row, {"row": row.place}, table="completed_trades") or []
        named = [(field, stored) for subject, _, field, stored, _ in found if subject == "trade"]
        assert named == [("row", "missing")]


@pytest.mark.parametrize("table", PLACES)
def test_rows_that_changed_places(target: Target, table: str) -> None:
    books: dict[int, list[Row]] = {}
    for row in target.rows(table, every=True):
        books.setdefault(row.book_id, []).append(row)
    pairs = [pair for rows in books.values() for pair in pairwise(rows)]
    assert pairs
    unseen = [pair for pair in pairs if not target.swapped(table, pair, PLACES[table])]
    assert unseen == []


def test_books_that_changed_places(target: Target) -> None:
    first, second, *_ = target.rows("books", every=True)
    assert target.swapped("books", (first, second), ["book_id"])


# Fills and payments of no book count nowhere.
@pytest.mark.parametrize(
    ("table", "book_id"),
    [(table, "its own") for table in TABLES]
    + [(table, "of no book") for table in ("fill_voids", "lots", "completed_trades")],
)
def test_a_forged_row(target: Target, table: str, book_id: str) -> None:
    book, closing = target.closing_fill()
    row, content = target.content(table, book)
    changes = {
        "fills": {"fill_id": content.get("fill_id", 0) + 1, "book_seq": content.get("book_seq", 0) + 1, "exec_id": "x"},
        "fill_voids": {"fill_id": closing},
        "funding_payments": {"cash_seq": content.get("cash_seq", 0) + 1, "exec_id": "x"},
        "lots": {"fill_id": closing},
        "completed_trades": {"entry_fill_id": closing},
        "books": {"book_id": 998, "symbol": "ZZZUSDT"},
    }[table]
    if book_id == "of no book":
        changes["book_id"] = 999
    assert target.inserted(table, row, changes)


@pytest.mark.parametrize("book_id", ["its own", "of no book"])
def test_a_forged_void_that_everything_was_derived_from_again(target: Target, book_id: str) -> None:
    book, closing = target.closing_fill()
    row, content = target.content("fill_voids", book)
    changes = {"fill_id": closing, "book_id": content["book_id"] if book_id == "its own" else 999}
    assert target.inserted("fill_voids", row, changes, rebuild=True)


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_damage_by_hand(target: Target, name: str) -> None:
    """Orders that do not add up, rows in wrong books, and wrong values under a chain that is sound."""
    with target.connection.transaction(force_rollback=True):
        target.connection.execute(BY_HAND[name])
        found = target.complaints()
    assert found
    if name.startswith("chained"):
        assert {"signed_qty", "fee", "fill_id", "book_seq"} & {field for _, _, field, *_ in found}
    if name.startswith("order"):
        assert "order" in {subject for subject, *_ in found}


def test_excluded_columns_exist(target: Target) -> None:
    for table, column in EXCLUDED:
        assert column in [name for name, _ in target.columns(table)]


def test_no_table_of_the_schema_is_forgotten(target: Target) -> None:
    # The others are not computed from the journal, and the journal is not computed from them.
    others = {
        "accounts", "bots", "instruments", "orders", "coverage", "quarantined_executions", "reconciliation_runs",
        "reconciliation_findings", "equity_snapshots", "book_rebuilds", "legacy_trades",
    }  # fmt: skip
    assert {name for (name,) in target.connection.execute(statement("tables"))} == others | set(TABLES)
