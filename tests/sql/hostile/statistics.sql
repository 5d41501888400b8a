SELECT count(*) FROM pg_stats WHERE schemaname = 'trading' AND tablename NOT IN ('accounts', 'instruments')
