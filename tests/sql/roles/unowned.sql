SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'trading'::regnamespace
   AND pg_get_userbyid(c.relowner) <> 'ledger_owner'
UNION ALL
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'trading'::regnamespace
   AND pg_get_userbyid(p.proowner) <> 'ledger_owner'
