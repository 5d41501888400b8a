SELECT p.tablename AS object, p.policyname AS part,
       concat_ws(' ', p.permissive, p.roles, p.cmd, p.qual, p.with_check) AS definition
  FROM pg_policies p WHERE p.schemaname = 'trading'
