SELECT trading.assign_bot(%(account_id)s, %(bot_id)s, %(login)s)
