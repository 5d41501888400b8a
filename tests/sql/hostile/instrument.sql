SELECT trading.register_instrument(1, %(bot_id)s::text, 'linear', 'NEWUSDT', 'NEW', 'USDT', 'USDT', %(multiplier)s::numeric,
                                   NULL, NULL, NULL, NULL)
