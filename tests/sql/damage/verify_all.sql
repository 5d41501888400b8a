SELECT v.* FROM trading.books b CROSS JOIN LATERAL trading.verify_book(b.account_id, b.book_id) v
UNION ALL
SELECT s.* FROM trading.accounts a CROSS JOIN LATERAL trading.verify_strays(a.account_id) s
