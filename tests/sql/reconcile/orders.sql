SELECT * FROM trading.orders ORDER BY created_at, order_id
