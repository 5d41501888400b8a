-- Orders of executions since a moment that went to `external` while nobody knew the order.
SELECT DISTINCT f.category, f.order_id
  FROM trading.books b
  JOIN trading.fills f ON f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time >= %(since)s::timestamptz
 WHERE b.account_id = %(account_id)s AND b.bot_id = 'external' AND f.order_id IS NOT NULL
   AND f.source IN ('exchange', 'stream') AND f.exec_type NOT IN ('Settle', 'Delivery')
   AND NOT EXISTS (SELECT FROM trading.orders o WHERE o.account_id = f.account_id AND o.category = f.category
                      AND o.order_id = f.order_id)
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY f.category, f.order_id
