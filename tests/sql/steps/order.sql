INSERT INTO trading.orders (account_id, category, order_id, bot_id, symbol)
VALUES (%(account_id)s, %(category)s, %(order_id)s, %(bot_id)s, 'BTCUSDT')
