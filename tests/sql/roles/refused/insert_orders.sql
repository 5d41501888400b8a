INSERT INTO trading.orders (account_id, category, order_id, symbol, bot_id) VALUES (%(account_id)s, 'linear', 'x', 'BTCUSDT', 'bob')
