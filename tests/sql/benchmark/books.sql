SELECT k.account_id, k.book_id FROM trading.books k
