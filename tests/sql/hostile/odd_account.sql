SELECT trading.register_bot('bob_2', %(text)s::text, 'bybit', 'mainnet', 'main')
