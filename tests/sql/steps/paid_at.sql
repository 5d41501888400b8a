-- The moments for which an account's payments count.
SELECT DISTINCT p.exec_time FROM trading.funding_payments p WHERE p.account_id = %(account_id)s
