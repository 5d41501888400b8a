SELECT trading.keep_orders(%(account_id)s, '[{{"category": "linear", "order_id": "forged", "symbol": "BTCUSDT"}}]')
