SELECT v.viewname AS object, '' AS part, v.definition FROM pg_views v WHERE v.schemaname = 'trading'
