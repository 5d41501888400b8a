SELECT trading.decide_quarantined(%(account_id)s, 'linear', 'forged', 'ignore', NULL, 'external', NULL, false)
