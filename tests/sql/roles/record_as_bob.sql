SELECT trading.record_fill(1, 'bob', NULL, 'linear', 'BTCUSDT', 0::smallint, %(side)s, 100, 1, %(at)s, %(exec_id)s, NULL,
                           NULL, 0.1, NULL, NULL, NULL, NULL, 'Trade', 'bot')
