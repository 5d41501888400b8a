SELECT endpoint, category, lower(range) AS since, upper(range) AS until FROM trading.coverage ORDER BY 1, 2, 3
