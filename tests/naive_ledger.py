"""A trade log as bots keep one: a moving average, floats, and what goes wrong with it over the years."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]


@dataclass
class NaiveLedger:
    """One row for each exit, with the average of the position as its cost, in binary floating point.

    Attributes:
        takes_entry_commission: whether commissions of entries are ever taken off.
        takes_exit_commission: whether those of exits are.
        decimals: to how many it rounds; None: it does not.
        misses: whether it does not hear of a fill that closes something.
        exit_price: the price that it believes in.
        keeps_orders: whether it writes down the orders of its exits.
    """

    bot_id: str
    takes_entry_commission: bool = False
    takes_exit_commission: bool = True
    decimals: int | None = None
    misses: Callable[[Row], bool] = lambda _: False
    exit_price: Callable[[Row], float] = lambda fill: float(fill["exec_price"])
    keeps_orders: bool = True
    rows: list[Row] = field(default_factory=list)
    _open: dict[str, list[float]] = field(default_factory=dict)
    _opened_at: dict[str, datetime] = field(default_factory=dict)

    def see(self, fill: Row) -> None:
        """A fill, as `record_fill` takes it."""
        symbol, sign = fill["symbol"], 1 if fill["side"] == "Buy" else -1
        quantity, price = float(fill["exec_qty"]), float(fill["exec_price"])
        fee = float(fill.get("commission", 0))
        size, average, fees = self._open.get(symbol, [0.0, 0.0, 0.0])
        closes = min(quantity, abs(size)) if size * sign < 0 else 0.0
        if closes and self.misses(fill):
            return
        if closes:
            part = fees * closes / abs(size)
            self._book(fill, size, average, closes, part)
            rest = abs(size) - closes
            size, fees = (size + sign * closes, fees - part) if rest > 1e-9 else (0.0, 0.0)
        opens = quantity - closes
        if opens > 1e-9:
            if not size:
                self._opened_at[symbol] = fill["exec_time"]
            total = abs(size) + opens
            average = (average * abs(size) + price * opens) / total
            size, fees = size + sign * opens, fees + fee * opens / quantity
        self._open[symbol] = [size, average, fees]

    def _book(self, fill: Row, size: float, average: float, quantity: float, entry_fees: float) -> None:
        price = self.exit_price(fill)
        pnl = (price - average) * quantity * (1 if size > 0 else -1)
        if self.takes_entry_commission:
            pnl -= entry_fees
        if self.takes_exit_commission:
            pnl -= float(fill.get("commission", 0)) * quantity / float(fill["exec_qty"])
        self.rows.append(
            {
                "legacy_id": str(len(self.rows) + 1),
                "bot_id": self.bot_id,
                "category": fill.get("category", "linear"),
                "symbol": fill["symbol"],
                "side": "Buy" if size > 0 else "Sell",
                "quantity": repr(quantity),
                "entry_price": repr(average),
                "exit_price": repr(price),
                "entry_time": self._opened_at[fill["symbol"]].isoformat(),
                "exit_time": fill["exec_time"].isoformat(),
                "net_pnl": repr(pnl if self.decimals is None else round(pnl, self.decimals)),
                "exit_order_id": fill.get("order_id") if self.keeps_orders else None,
            }
        )
