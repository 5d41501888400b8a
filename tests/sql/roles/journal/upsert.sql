INSERT INTO trading.fills SELECT * FROM trading.fills ON CONFLICT (account_id, fill_id) DO UPDATE SET source = 'x'
