SELECT exec_price, exec_qty, commission, exec_time, symbol FROM trading.fills WHERE exec_id = %(exec_id)s
UNION ALL
SELECT exec_price, exec_qty, amount, exec_time, symbol FROM trading.funding_payments WHERE exec_id = %(exec_id)s
