UPDATE trading.completed_trades SET exit_commission = exit_commission + 1
