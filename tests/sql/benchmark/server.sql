SELECT name, setting || coalesce(' ' || unit, '') AS setting
  FROM pg_settings
 WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'shared_buffers',
                'max_wal_size', 'autovacuum', 'jit')
 ORDER BY name
