SELECT trading.update_equity(%(account_id)s::integer, %(bot_id)s::text, %(equity)s::numeric)
