SELECT * FROM trading.account_bots(%(account_id)s)
