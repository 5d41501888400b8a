-- What readers of these books' cache entries should see.
SELECT b.book_id, trading.position_of(b) AS position
  FROM trading.books b
 WHERE b.account_id = %(account_id)s AND b.book_id = ANY(%(book_ids)s::integer[])
 ORDER BY b.book_id
