SELECT book_id FROM trading.books WHERE bot_id = %(bot_id)s ORDER BY book_id LIMIT 1
