EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
SELECT trading.record_fill(1, 'bot-1', NULL, 'linear', 'BTCUSDT', 0::smallint, 'Sell', 110, 2.5,
                           timestamptz '2026-03-02 09:30 UTC', %(exec_id)s, NULL, NULL, 0.1, 'USDT', 'tp', NULL, NULL,
                           'Trade', 'test')
