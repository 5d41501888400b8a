SELECT * FROM trading.funding_payments ORDER BY exec_time
