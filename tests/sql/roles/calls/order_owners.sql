SELECT trading.order_owners(%(account_id)s, 'alice', ARRAY['linear'], ARRAY['o'])
