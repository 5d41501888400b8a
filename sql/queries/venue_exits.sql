-- Exits that the venue itself made since a moment and that went to `external`, because no order names a bot and the lots
-- of not just one bot were known to be open then. What a person decided stays.
SELECT f.fill_id, f.exec_id, f.category, f.symbol, f.position_idx, f.side, f.exec_qty, f.bot_id, f.exec_time, f.seq,
       f.order_id
  FROM trading.books b
  JOIN trading.fills f ON f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time >= %(since)s::timestamptz
 WHERE b.account_id = %(account_id)s AND b.bot_id = 'external' AND f.close_reason IS NOT NULL
   AND f.client_order_id IS NULL AND f.source IN ('exchange', 'stream')
   AND NOT EXISTS (SELECT FROM trading.orders o WHERE o.account_id = f.account_id AND o.category = f.category
                      AND o.order_id = f.order_id AND o.bot_id IS NOT NULL)
   AND NOT EXISTS (SELECT FROM trading.quarantined_executions q WHERE q.account_id = f.account_id
                      AND q.category = f.category AND q.exec_id = f.exec_id AND q.decision IS NOT NULL)
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY f.exec_time, f.seq, f.exec_id
