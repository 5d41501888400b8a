"""Fills for tests, by what matters in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SYMBOL = "BTCUSDT"


def moment(minutes: float) -> datetime:
    """So many minutes after the tests' first moment."""
    return START + timedelta(minutes=minutes)


def fill(exec_id: str | None, side: str = "Buy", qty: Any = 1, price: Any = 100, at: float = 0, **more: Any) -> Any:
    """Arguments of `record_fill`; `at` counts in minutes."""
    return {
        "symbol": SYMBOL,
        "side": side,
        "exec_price": price,
        "exec_qty": qty,
        "exec_time": moment(at),
        "exec_id": exec_id,
        **more,
    }
