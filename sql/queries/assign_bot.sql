SELECT trading.assign_bot(%(account_id)s::integer, %(bot_id)s::text, %(login)s::text) AS assigned
