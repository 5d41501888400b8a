"""A history of two bots, and the trade log of the system that kept their books before: each kind of error is in it."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from ledger import LedgerClient
from ledger.queries import query
from tests.fills import SYMBOL, fill, moment
from tests.naive_ledger import NaiveLedger, Row

SOURCE = "old_bot.completed_trades"


@dataclass(frozen=True)
class Book:
    """A line of a bot: its prices begin at `price` and move by steps."""

    bot_id: str
    symbol: str
    price: int
    category: str = "linear"


BOOKS = (
    Book("momentum", "BTCUSDT", 60_000),
    Book("momentum", "ETHUSDT", 3_000),
    Book("scaling", "SOLUSDT", 150),
)


def trading(book: Book, rounds: int, seed: int) -> Iterator[Row]:
    """Rounds of two entries and two partial exits, long and short in turn; all of it deterministic."""
    rng = random.Random(f"{book.symbol}{seed}")
    price = Decimal(book.price)
    step = price / 200
    for n in range(rounds):
        sides = ("Buy", "Buy", "Sell", "Sell") if n % 3 else ("Sell", "Sell", "Buy", "Buy")
        for k, (side, quantity) in enumerate(zip(sides, ("1", "0.5", "0.8", "0.7"), strict=True)):
            price += step * rng.randint(-6, 6)
            name = f"{book.symbol}-{n}-{k}"
            yield fill(
                name, side, quantity, price, at=n * 700 + k * 90 + rng.randint(0, 80), symbol=book.symbol,
                order_id=f"o-{name}", commission=price * Decimal(quantity) * Decimal("0.00055"), category=book.category,
            )  # fmt: skip


def history(rounds: int = 12, seed: int = 1) -> tuple[list[tuple[str, Row]], list[Row]]:
    """All fills with their bots, and the rows of the earlier system: averages, missing commissions, a missed exit of
    each bot, trades that a second copy booked again, a price that was made up, and one trade that never was."""
    fills: list[tuple[str, Row]] = []
    rows: list[Row] = []
    for number, book in enumerate(BOOKS):
        seen = list(trading(book, rounds, seed))
        fills += [(book.bot_id, one) for one in seen]
        rows += _of_old_system(book, number, seen)
    return sorted(fills, key=lambda item: item[1]["exec_time"]), rows


def _of_old_system(book: Book, number: int, seen: Sequence[Row]) -> list[Row]:
    missed, invented = f"o-{book.symbol}-7-2", f"o-{book.symbol}-4-3"
    old = NaiveLedger(
        book.bot_id,
        takes_exit_commission=number != 1,
        misses=lambda one: one["order_id"] == missed,
        exit_price=lambda one: float(one["exec_price"]) * (1.01 if one["order_id"] == invented else 1),
        keeps_orders=number != 2,
    )
    for one in seen:
        old.see(one)
    made = [{**row, "legacy_id": f"{number}{int(row['legacy_id']):04}"} for row in old.rows]
    copies = [{**row, "legacy_id": f"{row['legacy_id']}-b"} for row in made[1:4:2]]
    ghost = {
        **made[0], "legacy_id": f"{number}-ghost", "exit_order_id": None, "quantity": "9.25",
        "exit_time": moment(5 * 700 + 400).isoformat(), "net_pnl": "77.5",
    }  # fmt: skip
    return [*made, *copies, ghost]


def old_row(legacy_id: str, pnl: str | None, at: float, **more: Any) -> Row:
    """A row of an earlier system, by what matters in it; `at` counts in minutes."""
    return {
        "legacy_id": legacy_id,
        "bot_id": "bot",
        "category": "linear",
        "symbol": SYMBOL,
        "side": "Buy",
        "quantity": "1",
        "exit_time": moment(at).isoformat(),
        "net_pnl": pnl,
        **more,
    }


def booked(database_url: str, fills: Sequence[tuple[str, Row]], account: str = "main") -> int:
    """Books the fills; answers the account's id."""
    account_id = 0
    for bot_id in dict.fromkeys(bot for bot, _ in fills):
        with LedgerClient(bot_id, account=account, database_url=database_url) as client:
            client.record_fills([one for bot, one in fills if bot == bot_id])
            account_id = client.register()
    return account_id


def imported(connection: psycopg.Connection[Any], account_id: int, rows: Sequence[Row], source: str = SOURCE) -> Any:
    """Imports rows as they are; answers (written, unchanged, conflicts)."""
    trades = json.dumps([{**row, "raw": row} for row in rows])
    return connection.execute(
        query("import_legacy_trades"), {"account_id": account_id, "source": source, "trades": trades}
    ).fetchone()
