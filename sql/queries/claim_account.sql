SELECT trading.claim_account(%(account_id)s::integer, %(uid)s::text) AS uid
