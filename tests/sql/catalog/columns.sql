-- With types, defaults and what generates them.
SELECT c.relname AS object, a.attname AS part,
       concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), l.collname, CASE WHEN a.attnotnull THEN 'not null' END,
                 a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) AS definition
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
 WHERE c.relnamespace = 'trading'::regnamespace
