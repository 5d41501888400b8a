SELECT trading.record_equity(%(account_id)s::integer, %(equity)s::numeric, %(balances)s::jsonb)
