SELECT v.* FROM trading.books b CROSS JOIN LATERAL trading.verify_book(b.account_id, b.book_id) v
 WHERE b.account_id = %(account_id)s
UNION ALL
SELECT s.* FROM trading.verify_strays(%(account_id)s) s
