SELECT trading.record_fill(%(account_id)s, 'bob', 'alice', 'linear', 'BTCUSDT', 0::smallint, 'Buy', 1, 1, now(), 'forged', NULL, NULL, 0, NULL, NULL, NULL, NULL, 'Trade', 'bot')
