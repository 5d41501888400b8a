SELECT trading.clear_raw(%(account_id)s, now(), 1)
