SELECT trading.record_adjustment(%(account_id)s, 'alice', 'linear', 'BTCUSDT', 0::smallint, 'Buy', 1, '2026-03-02T09:30:00Z', 'adjustment:forged', '{{}}'::jsonb)
