DELETE FROM trading.completed_trades
