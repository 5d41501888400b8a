SELECT trading.register_bot('external', 'main', 'bybit', 'mainnet', 'default')
