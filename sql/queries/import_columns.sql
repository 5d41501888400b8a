-- The table behind a name as somebody wrote it, its columns in their order and about how many rows it has.
-- reltuples is -1 before the first VACUUM or ANALYZE, and means nothing for a view.
SELECT n.nspname AS schema, c.relname AS name, c.relkind IN ('r', 'p', 'm', 'f', 'v') AS readable,
       CASE WHEN c.relkind IN ('r', 'p', 'm') AND c.reltuples > 0 THEN c.reltuples::bigint END AS estimate,
       has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT') AS allowed,
       (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL))
                                 ORDER BY a.attnum), '[]')
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = to_regclass(%(table)s)
