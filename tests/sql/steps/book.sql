SELECT to_jsonb(k) FROM trading.books k WHERE k.account_id = %(account_id)s AND k.book_id = %(book_id)s
