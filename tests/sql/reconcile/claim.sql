SELECT trading.claim_account(%(account_id)s, %(uid)s)
