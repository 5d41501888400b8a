SELECT trading.assign_bot(1, %(bot)s, %(login)s)
