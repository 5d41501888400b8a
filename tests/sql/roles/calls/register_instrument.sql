SELECT trading.register_instrument(%(account_id)s, 'alice', 'linear', 'NEWUSDT', NULL, NULL, NULL, 1000, NULL, NULL, NULL, NULL)
