SELECT c.relname AS object, c.relkind::text AS part,
       concat_ws(' ', c.relpersistence, c.reloptions, c.relrowsecurity, c.relforcerowsecurity) AS definition
  FROM pg_class c WHERE c.relnamespace = 'trading'::regnamespace
