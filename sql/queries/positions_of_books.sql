-- What readers of these books' cache entries should see.
SELECT b.book_id, trading.position_of(b) AS position
  FROM unnest(%(book_ids)s::integer[]) AS i (book_id)
 CROSS JOIN LATERAL trading.book_of(%(account_id)s, i.book_id) b
 ORDER BY b.book_id
