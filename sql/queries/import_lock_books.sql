SELECT k.book_id FROM trading.lock_books(%(account_id)s::integer, %(books)s::json) k
