SELECT a.account_id, a.name FROM trading.accounts a ORDER BY a.account_id
