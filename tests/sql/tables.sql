SELECT tablename FROM pg_tables WHERE schemaname = 'trading' ORDER BY tablename
