"""A ledger of several logins, to see what each of them can do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.queries import query
from tests.fills import SYMBOL, fill
from tests.logins import NewLogin, as_login
from tests.servers import create_database, drop_database
from tests.statements import statement


@dataclass(frozen=True)
class World:
    """A ledger of two logins, `alice` and `bob`, a reader's, and the owner's connection."""

    name: str
    url: str
    alice: str
    bob: str
    reader: str
    owner: psycopg.Connection[Any]
    alices: dict[str, int]

    def connect(self, login: str) -> psycopg.Connection[Any]:
        return psycopg.connect(as_login(self.url, login), autocommit=True)

    def names(self) -> dict[str, str]:
        return {"alice": self.alice, "bob": self.bob, "database": self.name}

    def one(self, name: str, **parameters: Any) -> Any:
        row = self.owner.execute(statement(name), parameters).fetchone()
        assert row is not None
        return row


@contextmanager
def open_world(admin_url: str, template: str, name: str, new_login: NewLogin) -> Iterator[World]:
    """A database of this name in which alice and bob have traded, each under a login of their own."""
    url = create_database(admin_url, name, template)
    alice, bob, reader = new_login("ledger_bot"), new_login("ledger_bot"), new_login("ledger_reader")
    for login, account, bot in ((alice, "main", "alice"), (bob, "main", "bob"), (alice, "second", "alice_2")):
        with LedgerClient(bot, account=account, database_url=as_login(url, login)) as client:
            client.record_fill(**fill(None, qty=3, order_id=f"{bot}-order"))
            client.record_fill(**fill(f"{bot}-1", "Sell", 2, 110, at=1))
            client.record_fill(**fill(f"{bot}-2", at=0.5, price=99))
            client.record_fill(**fill(f"{bot}-3", at=2, order_id=f"{bot}-order", price=101))
            client.record_fill(**fill(f"{bot}-f", at=3, exec_type="Funding", commission="0.1"))
    with psycopg.connect(to_conninfo(url), autocommit=True) as owner:
        for bot in ("alice", "bob"):
            owner.execute(query("import_legacy_trades"), legacy_trades(bot))
        book = owner.execute(statement("roles/book_of"), {"bot_id": "alice"}).fetchone()
        assert book is not None
        yield World(name, url, alice, bob, reader, owner, {"account_id": 1, "book_id": book[0]})
    drop_database(admin_url, name)


def legacy_trades(bot_id: str, legacy_id: str | None = None) -> dict[str, Any]:
    """One trade of an earlier system, as the query takes it."""
    trade = {
        "legacy_id": legacy_id or f"{bot_id}-1", "bot_id": bot_id, "category": "linear", "symbol": SYMBOL,
        "side": "Buy", "quantity": "2", "exit_time": "2026-03-02T09:31:00Z", "net_pnl": "20", "raw": {"pnl": "20.0"},
    }  # fmt: skip
    return {"account_id": 1, "source": "old", "trades": json.dumps([trade])}
