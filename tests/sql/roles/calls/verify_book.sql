SELECT * FROM trading.verify_book(%(account_id)s, %(book_id)s)
