-- The fills that still count and that a fill id, or an order, stands for in a book. An order-level fill that its
-- executions replaced leads to them.
WITH given AS (
    SELECT coalesce(%(order_id)s::text, (SELECT f.order_id FROM trading.fills f
                                          WHERE f.account_id = %(account_id)s AND f.fill_id = %(fill_id)s::bigint)) AS order_id
)
SELECT f.fill_id FROM trading.fills f CROSS JOIN given g
 WHERE f.account_id = %(account_id)s AND f.bot_id = %(bot_id)s AND f.category = %(category)s AND f.symbol = %(symbol)s
   AND f.position_idx = %(position_idx)s
   AND (f.order_id = g.order_id OR f.fill_id = %(fill_id)s::bigint)
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY f.exec_time, f.seq, f.exec_id
