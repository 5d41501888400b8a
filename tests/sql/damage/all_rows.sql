SELECT t.ctid::text, t.account_id, t.book_id FROM trading.{table} t ORDER BY t.ctid
