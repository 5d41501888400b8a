SELECT x.tablename AS object, x.indexname AS part, x.indexdef AS definition
  FROM pg_indexes x WHERE x.schemaname = 'trading'
