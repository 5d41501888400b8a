SELECT t.ctid::text, to_jsonb(t) FROM trading.{table} t
 WHERE t.account_id = %(account_id)s AND t.book_id = %(book_id)s ORDER BY t.ctid DESC LIMIT 1
