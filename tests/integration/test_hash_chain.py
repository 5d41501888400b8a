"""The journal can be proven outside the database: its chain, computed as the documentation says, is the stored one."""

from typing import Any

import psycopg

from ledger import LedgerClient
from tests.fills import SYMBOL, fill, moment
from tests.hash_chain import ODD, check_chains, table_rows


def test_the_chain_of_fills_and_voids_and_that_of_cash(database_url: str, connection: psycopg.Connection[Any]) -> None:
    with LedgerClient("bot", account="main", database_url=database_url) as client:
        client.record_fill(**fill("e1", qty="2.50", price="100.10", order_id="o1", is_maker=True, close_reason=ODD))
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
    assert check_chains(connection) == (2, 2)


def _seq(connection: psycopg.Connection[Any]) -> int:
    (book,) = table_rows(connection, "books")
    return int(book["book_seq"])
