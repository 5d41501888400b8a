SELECT equity, balances FROM trading.equity_snapshots ORDER BY taken_at
