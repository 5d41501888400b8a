SELECT trading.record_equity(%(account_id)s, 1, '{{}}')
