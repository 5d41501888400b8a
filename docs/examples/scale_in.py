"""Buy twice, sell once: the oldest lot closes first."""

from datetime import UTC, datetime

from ledger import LedgerClient


def main() -> None:
    with LedgerClient("example_scale_in", account="bybit:examples:paper") as bot:
        for number, (side, qty, price, fee) in enumerate(
            [("Buy", 100, 50_000, 10), ("Buy", 50, 51_000, 5), ("Sell", 120, 53_000, 10)]
        ):
            result = bot.record_fill(
                symbol="BTCUSDT",
                side=side,
                exec_qty=qty,
                exec_price=price,
                commission=fee,
                exec_time=datetime(2026, 1, 5, 9 + number, tzinfo=UTC),
                exec_id=f"scale-in-{number}",
            )
            position = result.position
            print(side, qty, "->", position.side, position.total_qty, "at", position.avg_entry_price)
            for trade in result.completed_trades:
                print("closed", trade.quantity, "from", trade.entry_price, "net", trade.net_pnl)


if __name__ == "__main__":
    main()
