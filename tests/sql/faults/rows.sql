SELECT row_to_json(r)::text FROM trading.{table} r
