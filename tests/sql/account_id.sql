SELECT account_id FROM trading.accounts WHERE name = %(name)s
