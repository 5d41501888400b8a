"""A small past that has everything in it, and the account that it comes to."""

import random
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg

from ledger import InsufficientPositionError, LedgerClient
from tests.fills import START
from tests.importing import tables

_BOOKS = (
    ("linear", "BTCUSDT", 0),
    ("linear", "ETHUSDT", 1),
    ("spot", "ETHUSDT", 0),
    ("inverse", "BTCUSD", 0),
    ("option", "BTC-29DEC28-90000-C-USDT", 0),
)
BOTS = 2


def past(name: str, seed: int, rounds: int = 4) -> list[dict[str, Any]]:
    """Rows of two bots of an account: flips, a hedge leg, base fees, cash, whole orders beside their executions,
    and fills without a price.
    """
    r = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for turn in range(rounds):
        for bot in range(BOTS):
            for number, (category, symbol, idx) in enumerate(_BOOKS):
                where = {"bot_id": f"b{bot}_{name}", "category": category, "symbol": symbol, "position_idx": idx}
                rows += _turn(r, where, f"{bot}{number}-{turn}", turn)
    return rows


def _turn(r: random.Random, where: dict[str, Any], name: str, turn: int) -> list[dict[str, Any]]:
    side = "Buy" if turn % 2 == 0 else "Sell"
    qty = 5 if where["position_idx"] else r.randint(1, 9)
    at = START + timedelta(minutes=10 * turn)
    fee = Decimal(r.randint(-9, 99)) / 1000
    base = {"commission_asset": "ETH"} if where["category"] == "spot" and r.random() < 0.5 else {}
    common = {**where, **base, "side": side, "exec_price": r.randint(90, 110), "commission": fee}
    parts = [
        {**common, "exec_id": f"e{part}-{name}", "exec_qty": Decimal(qty) / 2, "order_id": f"o-{name}",
         "exec_time": at + timedelta(seconds=part + 1)}
        for part in range(2)
    ]  # fmt: skip
    found = parts[: r.choice([0, 1, 2, 2])]
    if len(found) < 2:
        found.append({**common, "exec_qty": qty, "order_id": f"o-{name}", "exec_time": at})
    if not where["position_idx"] and r.random() < 0.3:  # found by a reconciler, at a price that nobody knows
        unpriced = {"exec_type": "Adjustment", "exec_price": None, "exec_qty": r.randint(1, 3)}
        found.append({**where, **unpriced, "side": side, "exec_id": f"a-{name}", "exec_time": at})
    if turn % 3 == 0:
        cash = {**where, "side": side, "exec_price": 1, "exec_qty": 1, "exec_type": "Funding"}
        found.append({**cash, "exec_id": f"f-{name}", "commission": fee, "exec_time": at})
    return found


def long_past(name: str, seed: int, count: int = 100) -> list[dict[str, Any]]:
    """One book's executions or whole orders, one a second: in some runs lots pile up, in others they are all closed."""
    r = random.Random(seed)
    whole = r.random() < 0.3
    where = {"bot_id": f"b0_{name}", **r.choice([
        {"category": "linear", "symbol": "BTCUSDT"}, {"category": "inverse", "symbol": "BTCUSD"},
        {"category": "spot", "symbol": "ETHUSDT"}])}  # fmt: skip
    buys = r.choice([0.35, 0.5, 0.5, 0.65, 1.0])
    return [
        {**where, "position_idx": 0, "side": "Buy" if r.random() < buys else "Sell", "exec_price": r.randint(90, 110),
         "exec_qty": r.choice([1, 2, 3, Decimal("0.001")]), "commission": Decimal(r.randint(-9, 99)) / 1000,
         "exec_id": None if whole else f"x{number}", "order_id": f"o{number if whole else number // 2}",
         "exec_time": START + timedelta(seconds=number)}
        for number in range(count)
    ]  # fmt: skip


class Desk:
    """The account of a past and its bots' clients."""

    def __init__(self, name: str, database_url: str, redis_url: str | None = None) -> None:
        self.name = name
        self.clients = {
            f"b{bot}_{name}": LedgerClient(f"b{bot}_{name}", account=name, database_url=database_url,
                                           redis_url=redis_url)
            for bot in range(BOTS)
        }  # fmt: skip
        self.account_id = {client.register() for client in self.clients.values()}.pop()

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Each row by its bot; a hedge leg may not be able to take it yet."""
        for row in rows:
            given = {name: value for name, value in row.items() if name != "bot_id"}
            try:
                self.clients[row["bot_id"]].record_fill(**given)
            except InsufficientPositionError:
                assert row["position_idx"]

    def tables(self, connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
        """What the account's tables say, free of its name."""
        found = tables(connection, self.account_id)
        return {table: sorted(row.replace(self.name, "") for row in rows) for table, rows in found.items()}

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
