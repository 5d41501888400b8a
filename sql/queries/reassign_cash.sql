SELECT trading.reassign_cash(%(account_id)s::integer, %(category)s::text, %(exec_id)s::text, %(bot_id)s::text,
                             %(source)s::text) AS moved
