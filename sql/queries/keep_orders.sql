SELECT trading.keep_orders(%(account_id)s::integer, %(orders)s::json) AS refused
