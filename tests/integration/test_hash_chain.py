"""The journal can be proven outside the database: its chain, computed as the documentation says, is the stored one."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger import LedgerClient
from ledger.money import plain
from tests.fills import SYMBOL, fill, moment
from tests.statements import statement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUOTED = frozenset('(),"\\ \t\n\r\v\f')
_ODD = 'he said "up, up", \\ and (not) down; λ'

Row = dict[str, Any]


def _text(value: object) -> str:
    """A value in the text of a row."""
    match value:
        case None:
            return ""
        case bool():
            return "t" if value else "f"
        case Decimal():
            return plain(value)
        case datetime():
            return str((value - _EPOCH) // timedelta(microseconds=1))
    text = str(value)
    if text and not _QUOTED & set(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'


def _links(entries: list[Row]) -> Iterator[bytes]:
    """The chain over rows of one book, in the order of its journal."""
    head = b""
    for row in entries:
        content = ",".join(_text(value) for name, value in row.items() if name != "hash")
        head = hashlib.sha256(head + f"({content})".encode()).digest()
        yield head


def _rows(connection: psycopg.Connection[Any], table: str) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("whole_table", table=table)).fetchall()


def _check(rows: list[Row]) -> None:
    for _, own in groupby(rows, itemgetter("book_id")):
        entries = list(own)
        assert [row["hash"] for row in entries] == list(_links(entries))


def test_the_chain_of_fills_and_voids_and_that_of_cash(database_url: str, connection: psycopg.Connection[Any]) -> None:
    with LedgerClient("bot", account="main", database_url=database_url) as client:
        client.record_fill(**fill("e1", qty="2.50", price="100.10", order_id="o1", is_maker=True, close_reason=_ODD))
        client.record_fill(**fill("e2", "Sell", 1, 110, at=1, seq=7, commission="-0.0100", client_order_id="c 1"))
        # A fill of a whole order that its executions replace: the void has the number of its cause.
        client.record_fill(**fill(None, qty=3, at=2, order_id="whole", is_maker=False))
        client.record_fill(**fill("e3", qty=3, at=2, order_id="whole"))
        # An adjustment that an earlier execution replaces: the void has a number of its own.
        client.record_adjustment(
            category="linear", symbol=SYMBOL, position_idx=0, side="Sell", exec_qty=2, exec_time=moment(9),
            exec_id="adjusted", seen={"bot": _seq(connection)},
        )  # fmt: skip
        client.record_fills([fill("e4", "Sell", 2, at=8)], superseding=True)
        client.record_fill(**fill("e5", category="spot", symbol="ETHUSDT", commission="0.001", commission_asset="ETH"))
        for number, amount in enumerate(("0.5000", "-0.25")):
            client.record_fill(**fill(f"f{number}", at=10, price="101.5", commission=amount, exec_type="Funding"))
    voids = _rows(connection, "fill_voids")
    assert len(voids) == 2
    journal = [*_rows(connection, "fills"), *voids]
    _check(sorted(journal, key=lambda row: (row["book_id"], row["book_seq"], row in voids)))
    cash = sorted(_rows(connection, "funding_payments"), key=itemgetter("book_id", "cash_seq"))
    assert len(cash) == 2
    _check(cash)


def _seq(connection: psycopg.Connection[Any]) -> int:
    (book,) = _rows(connection, "books")
    return int(book["book_seq"])
