-- Objects that were dropped and made again have other numbers.
SELECT 'function', p.oid FROM pg_proc p WHERE p.pronamespace = 'trading'::regnamespace
UNION ALL
SELECT 'relation', c.oid FROM pg_class c WHERE c.relnamespace = 'trading'::regnamespace
UNION ALL
SELECT 'policy', p.oid FROM pg_policy p
 ORDER BY 1, 2
