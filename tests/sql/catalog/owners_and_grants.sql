-- NULL means the default grants, which are those of the owner and, for functions, of everybody.
SELECT o.object, o.part, concat_ws(' ', pg_get_userbyid(o.owner), o.acl::text) AS definition
  FROM (SELECT c.relname AS object, c.relkind::text AS part, c.relowner AS owner,
               (SELECT array_agg(i::text ORDER BY i::text) FROM unnest(c.relacl) i) AS acl
          FROM pg_class c WHERE c.relnamespace = 'trading'::regnamespace
         UNION ALL
        SELECT p.proname, pg_get_function_identity_arguments(p.oid), p.proowner,
               (SELECT array_agg(i::text ORDER BY i::text) FROM unnest(p.proacl) i)
          FROM pg_proc p WHERE p.pronamespace = 'trading'::regnamespace
         UNION ALL
        SELECT 'schema', n.nspname, n.nspowner, (SELECT array_agg(i::text ORDER BY i::text) FROM unnest(n.nspacl) i)
          FROM pg_namespace n WHERE n.nspname = 'trading') o
