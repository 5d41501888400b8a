SELECT trading.heartbeat(%(account_id)s::integer, %(bot_id)s::text) AS at
