SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'trading'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
 ORDER BY c.relname
