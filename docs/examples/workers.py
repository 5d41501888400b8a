"""Several processes deliver overlapping pieces of one history to one bot: each execution counts once."""

import multiprocessing
from datetime import UTC, datetime, timedelta

from ledger import LedgerClient

START = datetime(2026, 1, 5, tzinfo=UTC)
HISTORY = [
    {
        "symbol": "BTCUSDT",
        "side": "Buy" if number % 3 else "Sell",
        "exec_qty": "1",
        "exec_price": str(50_000 + number),
        "exec_time": START + timedelta(seconds=number),
        "exec_id": f"history-{number}",
    }
    for number in range(60)
]


def deliver(first: int) -> int:
    """Books 30 executions from `first` on; answers how many of them were new."""
    with LedgerClient("example_workers", account="bybit:examples:paper") as bot:
        return sum(not result.duplicate for result in bot.record_fills(HISTORY[first : first + 30]))


def main() -> None:
    with multiprocessing.get_context("spawn").Pool(3) as workers:
        new = workers.map(deliver, [0, 15, 30])
    print("new:", sum(new))
    with LedgerClient("example_workers", account="bybit:examples:paper") as bot:
        print("open:", bot.get_position("BTCUSDT").size)
        print("trades:", len(bot.get_completed_trades("BTCUSDT")))


if __name__ == "__main__":
    main()
