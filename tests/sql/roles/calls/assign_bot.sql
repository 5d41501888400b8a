SELECT trading.assign_bot(%(account_id)s, 'alice', session_user)
