-- The payments of a book in the order in which they were booked.
SELECT p.exec_id, p.amount FROM trading.funding_payments p
 WHERE p.account_id = %(account_id)s AND p.book_id = %(book_id)s ORDER BY p.cash_seq
