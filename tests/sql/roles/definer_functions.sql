SELECT DISTINCT p.proname FROM pg_proc p
 WHERE p.pronamespace = 'trading'::regnamespace AND p.prosecdef AND has_function_privilege('ledger_bot', p.oid, 'EXECUTE')
