-- Executions since a moment that are in another book than that of the bot to whom their order belongs: the order was
-- not known yet when they were booked. Those whose client order id says whose they are stay.
SELECT f.fill_id, f.exec_id, f.category, f.symbol, f.position_idx, f.side, f.exec_qty, f.bot_id, o.bot_id AS owner
  FROM trading.books b
  JOIN trading.fills f ON f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time >= %(since)s::timestamptz
  JOIN trading.orders o ON o.account_id = f.account_id AND o.category = f.category AND o.order_id = f.order_id
 WHERE b.account_id = %(account_id)s AND o.bot_id <> f.bot_id AND f.client_order_id IS NULL
   AND f.source IN ('exchange', 'stream')
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY f.exec_time, f.seq, f.exec_id
