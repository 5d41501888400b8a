SELECT trading.register_bot(%(text)s::text, 'main', 'bybit', 'mainnet', 'main')
