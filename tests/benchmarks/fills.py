"""The fills that benchmarks write."""

import random
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.benchmarks.target import BOT, Target


def symbol_of(book: int) -> str:
    """Every book is a symbol of its own."""
    return f"S{book}USDT"


def a_fill(books: int) -> dict[str, Any]:
    """A fill of now in one of so many books, that opens or closes as it happens: arguments of the client's method."""
    return {
        "symbol": symbol_of(random.randrange(books)),
        "side": random.choice(("Buy", "Sell")),
        "exec_price": Decimal(random.randrange(4_900_000, 5_100_000)) / 100,
        "exec_qty": Decimal(random.randrange(1, 6)),
        "exec_time": datetime.now(UTC),
        "exec_id": f"{random.getrandbits(128):032x}",
        "order_id": f"{random.getrandbits(128):032x}",
        "commission": Decimal("0.055"),
    }


def as_row(target: Target, fill: dict[str, Any]) -> dict[str, Any]:
    """The same fill as parameters of the database's function and of the bare insert."""
    return {**_CONSTANT, **fill, "account_id": target.account_id}


def seed() -> None:
    """Other ids than those of all other processes."""
    random.seed(secrets.randbits(64))


_CONSTANT: dict[str, Any] = {
    "bot_id": BOT,
    "named_bot": None,
    "category": "linear",
    "position_idx": 0,
    "client_order_id": None,
    "commission_asset": None,
    "close_reason": None,
    "seq": None,
    "is_maker": None,
    "exec_type": "Trade",
    "source": "bot",
    "effect": None,
    "announced": None,
}
