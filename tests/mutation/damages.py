"""What `verify` has to see, the damage of tests/damage.py, each piece a check; and that it sees no more than that."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import psycopg

from ledger import LedgerClient
from tests.busy_books import busy_book
from tests.damage import Row, Target, record_everything
from tests.strategies import BOOKS, THOUSANDS
from tests.translation import arguments

_TABLES = ("fills", "fill_voids", "funding_payments", "lots", "completed_trades", "books")
_EXCLUDED = {("books", "updated_at")}
_PLACES = {
    "fills": ("fill_id", "book_seq"),
    "fill_voids": ("fill_id",),
    "funding_payments": ("cash_seq",),
    "lots": ("fill_id",),
    "completed_trades": ("entry_fill_id", "exit_fill_id"),
}


def damages(connection: psycopg.Connection[Any], database_url: str) -> dict[str, Callable[[], bool]]:
    """Checks on an empty database, into which they record something first."""
    for number, key in enumerate(BOOKS):
        with LedgerClient(f"busy{number}", account=f"busy{number}", database_url=database_url) as busy:
            busy.register_instrument(THOUSANDS.symbol, multiplier=1000)
            busy.record_fills([arguments(key, fill) for fill in busy_book(key, 12, seed=1)])
    with LedgerClient("bot", account="main", database_url=database_url) as client:
        record_everything(client)
    target = Target(connection)
    target.prepare()
    found: dict[str, Callable[[], bool]] = {"nothing": lambda: target.complaints() == []}
    found.update(_changes(target))
    found.update(_deletions_and_swaps(target))
    # What no verification sees without a mutant says nothing: other tests see to it.
    return {name: check for name, check in found.items() if check()}


def _changes(target: Target) -> Iterator[tuple[str, Callable[[], bool]]]:
    for table in _TABLES:
        for column, column_type in target.columns(table):
            if (table, column) not in _EXCLUDED:
                for row in target.rows(table):
                    yield f"{table}.{column} {row}", partial(_is_seen, target, table, column, column_type, row)


def _is_seen(target: Target, table: str, column: str, column_type: str, row: Row) -> bool:
    return all(target.changed(table, column, column_type, row).values())


def _deletions_and_swaps(target: Target) -> Iterator[tuple[str, Callable[[], bool]]]:
    for table in _TABLES:
        rows = target.rows(table, every=True)
        for row in rows:
            yield f"{table} without {row}", partial(_is_missed, target, table, row)
        for first, second in pairwise(rows):
            if first.book_id == second.book_id and table in _PLACES:
                yield f"{table} {first} for {second}", partial(_is_swap_seen, target, table, first, second)


def _is_missed(target: Target, table: str, row: Row) -> bool:
    return bool(target.damaged("delete", row, {"row": row.place}, table=table))


def _is_swap_seen(target: Target, table: str, first: Row, second: Row) -> bool:
    return bool(target.swapped(table, (first, second), _PLACES[table]))
