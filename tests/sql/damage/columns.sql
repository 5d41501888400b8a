SELECT column_name, data_type FROM information_schema.columns
 WHERE table_schema = 'trading' AND table_name = %(table)s ORDER BY ordinal_position
