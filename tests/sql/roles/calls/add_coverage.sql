SELECT trading.add_coverage(%(account_id)s, 'executions', 'linear', now() - interval '1 day', now())
