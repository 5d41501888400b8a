UPDATE trading.completed_trades SET net_pnl = net_pnl + 1
