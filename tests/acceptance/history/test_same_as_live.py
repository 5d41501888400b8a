"""An imported past gives the rows that the same fills give one by one."""

import random
from collections.abc import Callable
from typing import Any

import psycopg

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from tests.fifo_cases import Case, load
from tests.importing import Row, account_id, bring_in, tables

ACCOUNT = "past"


def _rows(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "bot_id": case.name,
            "symbol": "XYZUSDT",
            "side": fill.side,
            "exec_price": fill.price,
            "exec_qty": fill.qty,
            "exec_time": fill.time,
            "exec_id": f"{case.name}-{1000 - fill.seq}",
            "order_id": f"{case.name}-o{fill.seq // 2}" if fill.side == "Buy" else None,
            "close_reason": 'said, "so"' if fill.side == "Sell" else None,
            "commission": fill.fee,
            "seq": fill.seq,
        }
        for fill in case.fills
    ]


def record(rows: list[Row], database_url: str) -> None:
    """One by one, each by its own bot."""
    clients: dict[str, LedgerClient] = {}
    for row in rows:
        bot = row["bot_id"]
        if bot not in clients:
            clients[bot] = LedgerClient(bot, account=ACCOUNT, database_url=database_url)
        clients[bot].record_fill(**{name: value for name, value in row.items() if name != "bot_id"})
    for client in clients.values():
        client.close()


def test_cases_of_other_programs(make_database: Callable[[], str]) -> None:
    rows: list[Row] = [row for case in load() for row in _rows(case)]
    # A bot belongs to one account of a database.
    recorded, imported, mixed = (make_database() for _ in range(3))
    record(rows, recorded)
    shuffled = random.sample(rows, len(rows))
    report = bring_in(shuffled, ACCOUNT, imported)
    assert (report.booked, report.fills, len(report.books)) == (len(rows), len(rows), len(load()))
    half = len(rows) // 2
    bring_in(shuffled[:half], ACCOUNT, mixed)
    assert bring_in(shuffled, ACCOUNT, mixed).duplicates == half
    expected = all_tables(recorded)
    assert len(expected["fills"]) == len(rows)
    for database in (imported, mixed):
        found = all_tables(database)
        for name, wanted in expected.items():
            assert found[name] == wanted, name


def all_tables(database_url: str) -> dict[str, list[str]]:
    with psycopg.connect(to_conninfo(database_url), autocommit=True) as connection:
        return tables(connection, account_id(connection, ACCOUNT))
