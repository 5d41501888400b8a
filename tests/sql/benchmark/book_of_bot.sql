SELECT account_id, book_id, last_exec_time FROM trading.books WHERE bot_id = %(bot_id)s
