-- The fills of a book that count, from behind a moment of the exchange order on.
SELECT f.account_id, f.book_id, f.fill_id, f.book_seq, f.exec_time, f.seq, f.position_idx, f.bot_id, f.category, f.symbol,
       f.exec_id, f.order_id, f.client_order_id, f.side, trim_scale(f.exec_price)::text AS exec_price,
       trim_scale(f.signed_qty)::text AS signed_qty, f.commission_asset, trim_scale(f.commission)::text AS commission,
       f.close_reason, f.source, trim_scale(f.fee)::text AS fee, trading.fee_asset(b, f.commission_asset) AS fee_asset
  FROM trading.fills f JOIN trading.books b ON b.account_id = f.account_id AND b.book_id = f.book_id
 WHERE f.account_id = %(account_id)s AND f.book_id = %(book_id)s
   AND (f.exec_time, f.seq, f.exec_id) > (%(after_time)s::timestamptz, %(after_seq)s::bigint, %(after_exec_id)s::text)
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY f.exec_time, f.seq, f.exec_id
 LIMIT %(rows)s
