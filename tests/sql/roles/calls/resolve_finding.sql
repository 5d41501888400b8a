SELECT trading.resolve_finding(%(account_id)s, 1, 'forged')
