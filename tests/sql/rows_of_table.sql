SELECT r::text FROM trading.{table} r WHERE account_id = %(account_id)s ORDER BY r::text
