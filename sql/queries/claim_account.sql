SELECT c.uid, c.elsewhere FROM trading.claim_account(%(account_id)s::integer, %(uid)s::text) c
