SELECT x::text FROM trading.{relation} x WHERE pg_temp.looked_at(x::text)
