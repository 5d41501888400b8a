UPDATE trading.completed_trades SET net_pnl = 1
