SELECT account_id, book_id FROM trading.books LIMIT 1
