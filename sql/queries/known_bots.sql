SELECT trading.known_bots(%(account_id)s::integer, %(bot_id)s::text, %(names)s::text[]) AS bots
