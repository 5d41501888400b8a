SELECT count(*) FROM trading.{relation} x WHERE 1 / (CASE WHEN x::text LIKE '%alice%' THEN 0 ELSE 1 END) = 1
