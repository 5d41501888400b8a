SELECT trading.claim_account(%(account_id)s, '1001')
