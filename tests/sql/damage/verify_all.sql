SELECT b.book_id, v.* FROM trading.books b CROSS JOIN LATERAL trading.verify_book(b.account_id, b.book_id) v
