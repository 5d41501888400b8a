SELECT trading.update_equity(%(account_id)s, 'alice', 0)
