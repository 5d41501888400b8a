SELECT trading.record_fills(%(account_id)s, 'bob', NULL, 'linear', 'BTCUSDT', 0::smallint, %(fills)s::json)
