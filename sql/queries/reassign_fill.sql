SELECT trading.reassign_fill(%(account_id)s::integer, %(fill_id)s::bigint, %(bot_id)s::text, %(announced)s::text[]) AS result
