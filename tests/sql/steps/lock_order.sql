SELECT trading.lock_order(%(account_id)s, %(order_id)s)
