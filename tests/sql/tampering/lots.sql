UPDATE trading.completed_trades SET quantity = quantity / 2
