SELECT p.proname AS object, pg_get_function_identity_arguments(p.oid) AS part, pg_get_functiondef(p.oid) AS definition
  FROM pg_proc p
 WHERE p.pronamespace = 'trading'::regnamespace
