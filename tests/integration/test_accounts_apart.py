"""Two accounts of one ledger have nothing to do with each other, even where all names are the same."""

from typing import Any

import psycopg

from ledger import LedgerClient
from tests.fills import fill
from tests.statements import statement


def test_the_same_execution_in_the_books_of_one_bot_in_two_accounts(
    database_url: str, connection: psycopg.Connection[Any]
) -> None:
    for account in ("main", "second"):
        with LedgerClient(f"bot of {account}", account=account, database_url=database_url) as client:
            client.register()
    for given in (fill("e1", qty=2), fill("e2", "Sell", 1, 110, at=1)):
        row = {**given, "bot_id": "external", "order_id": "o1", "client_order_id": None, "commission": 0}
        answers = connection.execute(statement("reconcile/record_fill"), row).fetchall()
        assert [answer["duplicate"] for (answer,) in answers] == [False, False]
    for account in ("main", "second"):
        found = connection.execute(statement("account_id"), {"name": account}).fetchone()
        assert found is not None
        with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
            (book,) = cursor.execute(statement("stored_books"), {"account_id": found[0]}).fetchall()
        assert (book["side"], book["size"], book["trades"], book["realized_net"]) == ("Buy", 1, 1, 10)
