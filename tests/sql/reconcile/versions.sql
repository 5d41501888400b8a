SELECT ctid::text, xmin::text FROM trading.{table} ORDER BY 1
