-- Where an account is.
SELECT a.name, a.venue, a.environment FROM trading.accounts a WHERE a.account_id = %(account_id)s
