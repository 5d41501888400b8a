-- Ends connections that have written fills and not committed them yet.
SELECT pg_terminate_backend(l.pid) FROM pg_locks l
 WHERE l.relation = 'trading.fills'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted
   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
