SELECT count(*) FROM pg_sequences WHERE schemaname = 'trading' AND last_value IS NOT NULL
