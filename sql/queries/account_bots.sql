SELECT b.bot_id, b.account, b.allowed FROM trading.account_bots(%(account_id)s::integer) b
