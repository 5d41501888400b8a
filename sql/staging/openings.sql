-- The opening balances, whose they are, and when the first fill of their book is among the rows.
SELECT o.category, o.exec_id, o.bot_id, o.symbol, o.position_idx, o.exec_time, o.origin, o.line,
       min(f.exec_time) AS first_time
  FROM fills o
  LEFT JOIN fills f ON f.bot_id = o.bot_id AND f.category = o.category AND f.symbol = o.symbol
                   AND f.position_idx = o.position_idx AND f.exec_type <> 'OpeningBalance' AND NOT f.is_cash
 WHERE o.exec_type = 'OpeningBalance'
 GROUP BY ALL ORDER BY ALL
