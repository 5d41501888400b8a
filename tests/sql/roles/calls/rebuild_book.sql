SELECT trading.rebuild_book(%(account_id)s, %(book_id)s)
