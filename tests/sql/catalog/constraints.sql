SELECT coalesce(c.relname, k.contypid::regtype::text) AS object, k.conname AS part,
       concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable) AS definition
  FROM pg_constraint k
  LEFT JOIN pg_class c ON c.oid = k.conrelid
 WHERE k.connamespace = 'trading'::regnamespace
