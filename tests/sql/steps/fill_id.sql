SELECT f.fill_id FROM trading.fills f
 WHERE f.account_id = %(account_id)s AND f.exec_id = %(exec_id)s ORDER BY f.fill_id LIMIT 1
