-- What is known of orders; of the latest N, `total` says how many there are in all. What an order was filled at on
-- average is known where the journal has all of its fills with their prices.
SELECT l.account, l.category, l.symbol, l.position_idx, l.bot_id, l.order_id, l.client_order_id, l.parent_order_id, l.side,
       l.status, l.qty, l.price, l.cum_exec_qty, f.avg_fill_price, l.cum_exec_fee, l.reduce_only, l.create_type, l.stop_order_type,
       l.created_at, l.updated_at, l.total
  FROM (SELECT a.name AS account, o.*, count(*) OVER () AS total
          FROM trading.orders o
          JOIN trading.accounts a USING (account_id)
         WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
           AND (%(bot)s::text IS NULL OR coalesce(o.bot_id, 'external') = %(bot)s::text)
           AND (%(symbol)s::text IS NULL OR o.symbol = %(symbol)s::text)
           AND (%(category)s::text IS NULL OR o.category = %(category)s::text)
           AND (%(status)s::text IS NULL OR o.status = %(status)s::text)
           AND (%(since)s::timestamptz IS NULL OR o.created_at >= %(since)s::timestamptz)
           AND (%(until)s::timestamptz IS NULL OR o.created_at < %(until)s::timestamptz)
         ORDER BY o.created_at DESC NULLS LAST, o.order_id DESC
         LIMIT %(limit)s::bigint) l
  LEFT JOIN LATERAL (SELECT trading.average_price(l.category, sum(k.exec_qty),
                                                  sum(trading.entry_value(k.category, k.exec_qty, k.exec_price)),
                                                  count(*) FILTER (WHERE k.exec_price IS NULL)) AS avg_fill_price
                       FROM trading.fills k
                      WHERE k.account_id = l.account_id AND k.order_id = l.order_id AND k.category = l.category
                        AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                         WHERE v.account_id = k.account_id AND v.fill_id = k.fill_id)
                     HAVING sum(k.exec_qty) = l.cum_exec_qty AND l.cum_exec_qty > 0) f ON true
 ORDER BY l.created_at NULLS FIRST, l.order_id
