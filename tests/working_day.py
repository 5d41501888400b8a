"""All that a bot does in a day, through each of the client's methods."""

from typing import Any

import pytest

from ledger import ConflictingFillError, InsufficientPositionError, LedgerClient
from tests.damage import record_everything
from tests.fills import SYMBOL, fill, moment

BOOKS: tuple[dict[str, Any], ...] = (
    {"symbol": SYMBOL},
    {"symbol": "ETHUSDT", "category": "spot"},
    {"symbol": "BTCUSD", "category": "inverse"},
    {"symbol": "SOLUSDT"},
)
UNTOLD = {"entry_id", "entry_fill_id", "exit_fill_id", "updated_at"}


def seen(client: LedgerClient) -> dict[str, Any]:
    """What all the reading methods answer, but for ids and the time of writing."""
    found: dict[str, Any] = {}
    for book in BOOKS:
        name = f"{book['symbol']} {book.get('category')}"
        summary = client.get_current_position_summary(**book)
        found[name] = [
            _told(client.get_position(**book)),
            summary and _told(summary),
            *[_told(client.position_as_of(at=moment(minute), **book)) for minute in (-1, 0.5, 2, 5)],
            dict(client.realized_pnl(**book)),
        ]
    found["lots"] = [_told(lot) for lot in client.get_open_position_entries()]
    found["trades"] = [_told(trade) for trade in client.get_completed_trades(limit=100)]
    found["period"] = [_told(trade) for trade in client.get_completed_trades(SYMBOL, moment(2), moment(4))]
    found["pnl"] = {coin: dict(pnl) for coin, pnl in client.realized_pnl().by_settle_coin.items()}
    found["cache"] = {k: v for k, v in client.get_position_redis(SYMBOL).items() if k != "updated_at"}
    return found


def _told(row: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(row).items() if name not in UNTOLD}


def a_working_day(client: LedgerClient) -> dict[str, Any]:
    """All the writing methods, and what is to be seen afterwards."""
    client.register()
    client.register_instrument("ABCUSDT", multiplier="0.001")
    client.record_fill(**fill("abc", symbol="ABCUSDT"))
    record_everything(client)
    assert client.record_fill(**fill("late", "Buy", "0.25", "100.5", 0.5)).duplicate
    with pytest.raises(ConflictingFillError):
        client.record_fill(**fill("late", "Buy", "0.26", "100.5", 0.5))
    with pytest.raises(InsufficientPositionError):
        client.record_fill(**fill("h0", "Sell", symbol="HUSDT", position_idx=1))
    client.record_fills(
        [fill("h1", symbol="HUSDT", position_idx=1), fill("h2", "Sell", symbol="HUSDT", position_idx=2)]
    )
    entry = client.write_fill("SEQUSDT", "Buy", 10, 3, "seq1", None, None, "0.1", moment(0))
    assert client.create_position_entry("SEQUSDT", 10, 3, moment(0), "seq1") == entry
    assert [trade.quantity for trade in client.close_position_fifo("SEQUSDT", 11, 2, moment(1), "tp", "seq2")] == [2]
    client.update_position_redis(SYMBOL, 1, "Buy", 100, unrealized_pnl="1.5")
    assert client.heartbeat() is not None
    client.update_equity("1234.5")
    return seen(client)
