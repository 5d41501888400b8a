-- Functions with the owner's power that somebody could lead astray, or that everybody may call.
SELECT p.oid::regprocedure::text FROM pg_proc p
 WHERE p.pronamespace = 'trading'::regnamespace AND p.prosecdef
   AND (NOT coalesce(p.proconfig, '{{}}') && ARRAY['search_path=pg_catalog, pg_temp', 'search_path=""']
        OR EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0))
