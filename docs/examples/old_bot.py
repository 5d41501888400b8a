"""A bot of the older kind, which makes four calls in sequence; and the same day as one call each."""

from datetime import UTC, datetime

from ledger import LedgerClient

BOUGHT = datetime(2026, 1, 5, 9, tzinfo=UTC)
SOLD = datetime(2026, 1, 5, 15, tzinfo=UTC)


def old_way() -> None:
    with LedgerClient("example_old", account="bybit:examples:paper") as bot:
        fill_id = bot.write_fill("BTCUSDT", "Buy", 50000.0, 0.3, "old-1", None, None, 8.25, BOUGHT)
        bot.create_position_entry("BTCUSDT", 50000.0, 0.3, BOUGHT, "old-1", fill_id, 8.25)
        bot.update_position_redis("BTCUSDT", 0.3, "Buy", 50000.0)
        bot.write_fill("BTCUSDT", "Sell", 51000.0, 0.2, "old-2", None, "take_profit", 5.61, SOLD)
        for trade in bot.close_position_fifo("BTCUSDT", 51000.0, 0.2, SOLD, "take_profit", "old-2", 5.61):
            print("old way:", trade["quantity"], trade["net_pnl"])


def new_way() -> None:
    with LedgerClient("example_new", account="bybit:examples:paper") as bot:
        bot.record_fill(
            symbol="BTCUSDT", side="Buy", exec_price=50000.0, exec_qty=0.3, exec_time=BOUGHT, exec_id="new-1",
            order_id="new-order-1", commission=8.25,
        )  # fmt: skip
        result = bot.record_fill(
            symbol="BTCUSDT", side="Sell", exec_price=51000.0, exec_qty=0.2, exec_time=SOLD, exec_id="new-2",
            order_id="new-order-2", commission=5.61, close_reason="take_profit",
        )  # fmt: skip
        for trade in result.completed_trades:
            print("new way:", trade.quantity, trade.net_pnl)


if __name__ == "__main__":
    old_way()
    new_way()
