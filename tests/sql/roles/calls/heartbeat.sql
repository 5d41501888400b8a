SELECT trading.heartbeat(%(account_id)s, 'alice')
