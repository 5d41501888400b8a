-- The lines that an adjustment holds in agreement, and the moment of the newest one on each.
SELECT f.category, f.symbol, f.position_idx, max(f.exec_time) AS at
  FROM trading.books b
  JOIN trading.fills f ON f.account_id = b.account_id AND f.book_id = b.book_id
 WHERE b.account_id = %(account_id)s AND f.exec_type = 'Adjustment' AND f.source = 'reconciler'
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 GROUP BY f.category, f.symbol, f.position_idx
