-- The view has one row for each book with anything open, and no other.
SELECT b.book_id, b.size, p.total_qty, p.side, p.entries
  FROM trading.books b
  FULL JOIN trading.current_positions p ON p.account_id = b.account_id AND p.book_id = b.book_id
 WHERE coalesce(b.account_id, p.account_id) = coalesce(%(account_id)s::integer, b.account_id, p.account_id)
   AND ((b.size > 0 AND (p.total_qty, p.side, p.entries) IS DISTINCT FROM (b.size, b.side, b.entries))
        OR (b.size = 0 AND p.book_id IS NOT NULL)
        OR b.book_id IS NULL)
