SELECT trading.record_cash(%(account_id)s, 'alice', NULL, 'linear', 'BTCUSDT', 0::smallint, NULL, NULL, NULL, now(), 'forged', NULL, 1, NULL, NULL, 'Funding', 'bot')
