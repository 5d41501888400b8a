-- As a batch of that many orders does.
SELECT trading.lock_orders(%(account_id)s, array_agg(
           json_populate_record(NULL::trading.fills, json_build_object('order_id', 'order-' || n))))
  FROM generate_series(1, %(orders)s) n
