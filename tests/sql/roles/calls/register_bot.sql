SELECT trading.register_bot('alice', NULL, 'bybit', 'mainnet', 'default')
