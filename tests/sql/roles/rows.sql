SELECT to_jsonb(r) FROM trading.{relation} r
