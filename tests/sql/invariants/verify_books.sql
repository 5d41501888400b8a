-- The ledger's own second route finds nothing to object to.
SELECT b.book_id, v.*
  FROM trading.books b
 CROSS JOIN LATERAL trading.verify_book(b.account_id, b.book_id) v
 WHERE b.account_id = coalesce(%(account_id)s::integer, b.account_id)
