-- The fills of a book that count, from behind a moment of the exchange order on.
SELECT f.*, trading.fee_asset(b, f.commission_asset) AS fee_asset
  FROM trading.fills f JOIN trading.books b ON b.account_id = f.account_id AND b.book_id = f.book_id
 WHERE f.account_id = %(account_id)s AND f.book_id = %(book_id)s
   AND (f.exec_time, f.seq, f.exec_id) > (%(after_time)s::timestamptz, %(after_seq)s::bigint, %(after_exec_id)s::text)
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY f.exec_time, f.seq, f.exec_id
 LIMIT %(rows)s
