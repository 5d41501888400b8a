SELECT trading.known_bots(%(account_id)s, 'alice', ARRAY['bob'])
