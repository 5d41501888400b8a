"""What `verify` has to see, the damage of tests/damage.py, each piece a check; and what it says of it."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import psycopg

from ledger import LedgerClient
from tests.busy_books import busy_book
from tests.damage import Target, record_everything
from tests.statements import statement, statements
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
# So many rows are tried of each column, and so many are deleted or swapped: always the same ones.
_ROWS = 4
_DELETED = 12
_NO_BOOK = 999

# What verification says, or that for each way of doing a damage. Its order is the planner's.
Found = list[Any] | dict[str, Any] | None


def damages(connection: psycopg.Connection[Any], database_url: str) -> dict[str, Callable[[], bool]]:
    """Checks on an empty database, into which they record something first."""
    for number, key in enumerate(BOOKS):
        with LedgerClient(f"busy{number}", account=f"busy{number}", database_url=database_url) as busy:
            busy.register_instrument(THOUSANDS.symbol, multiplier=1000 if key.instrument == THOUSANDS else 5)
            busy.record_fills([arguments(key, fill) for fill in busy_book(key, 12, seed=1)])
    with LedgerClient("bot", account="main", database_url=database_url) as client:
        record_everything(client)
    target = Target(connection)
    target.prepare()
    found: dict[str, Callable[[], bool]] = {"nothing": lambda: target.complaints() == []}
    for name, damaged in [*_changes(target), *_deletions_and_swaps(target), *_forgeries(target), *_by_hand(target)]:
        expected = _sorted(damaged())
        # What no verification sees without a mutant says nothing: other tests see to it.
        if expected:
            found[name] = partial(_is_said, damaged, expected)
    return found


def _is_said(damaged: Callable[[], Found], expected: Found) -> bool:
    return _sorted(damaged()) == expected


def _sorted(found: Found) -> Found:
    if isinstance(found, dict):
        return {way: _sorted(said) for way, said in found.items()}
    return sorted(map(str, found)) if found else found


Damage = tuple[str, Callable[[], Found]]


def _changes(target: Target) -> Iterator[Damage]:
    for table in _TABLES:
        rows = target.rows(table)
        for column, column_type in target.columns(table):
            if (table, column) not in _EXCLUDED:
                for row in random.Random(f"{table} {column}").sample(rows, min(_ROWS, len(rows))):
                    yield f"{table}.{column} {row}", partial(target.said, table, column, column_type, row)


def _deletions_and_swaps(target: Target) -> Iterator[Damage]:
    for table in _TABLES:
        rows = target.rows(table, every=True)
        for row in random.Random(table).sample(rows, min(_DELETED, len(rows))):
            yield f"{table} without {row}", partial(target.damaged, "delete", row, {"row": row.place}, table=table)
        pairs = [pair for pair in pairwise(rows) if pair[0].book_id == pair[1].book_id and table in _PLACES]
        for first, second in random.Random(table).sample(pairs, min(_DELETED, len(pairs))):
            yield f"{table} {first} for {second}", partial(target.swapped, table, (first, second), _PLACES[table])


def _forgeries(target: Target) -> Iterator[Damage]:
    """A copy of a row with a key of its own, in the book that it says and in none."""
    book = target.rows("funding_payments")[0]
    where = {"account_id": book.account_id, "exec_id": "s1"}
    ((closing,),) = target.connection.execute(statement("steps/fill_id"), where).fetchall()
    keys: dict[str, dict[str, Any]] = {
        "fill_voids": {"fill_id": closing},
        "lots": {"fill_id": closing},
        "completed_trades": {"entry_fill_id": closing},
    }
    for table in _TABLES:
        row, content = target.content(table, book)
        changes = (
            keys.get(table)
            or {
                "fills": {
                    "fill_id": content.get("fill_id", 0) + 1,
                    "book_seq": content.get("book_seq", 0) + 1,
                    "exec_id": "x",
                },
                "funding_payments": {"cash_seq": content.get("cash_seq", 0) + 1, "exec_id": "x"},
                "books": {"book_id": _NO_BOOK, "symbol": "ZZZUSDT"},
            }[table]
        )
        yield f"forged in {table}", partial(target.inserted, table, row, changes)
        if table in keys:
            yield (
                f"forged in {table}, of no book",
                partial(target.inserted, table, row, changes | {"book_id": _NO_BOOK}),
            )
    row, content = target.content("fill_voids", book)
    yield (
        "forged void, derived again",
        partial(target.inserted, "fill_voids", row, {"fill_id": closing, "book_id": content["book_id"]}, rebuild=True),
    )


def _by_hand(target: Target) -> Iterator[Damage]:
    """What the tests of `verify` do, a book that is not there, and orders that do not add up."""
    for name, text in (statements("damage/by_hand") | {"strays": statements("tampering")["strays"]}).items():
        yield f"by hand: {name}", partial(_after, target, text)
    nowhere = {"account_id": 1, "book_id": _NO_BOOK}
    yield "no book", lambda: target.connection.execute(statement("damage/verify"), nowhere).fetchall()


def _after(target: Target, text: bytes) -> list[Any]:
    with target.connection.transaction(force_rollback=True):
        target.connection.execute(text)
        return target.complaints()
