SELECT bot_id, category, symbol, position_idx, min(exec_time) AS first_time, max(exec_time) AS last_time,
       max(exec_time - previous) AS longest_gap
  FROM (SELECT *, lag(exec_time) OVER (PARTITION BY bot_id, category, symbol, position_idx ORDER BY rowid) AS previous
          FROM fills WHERE NOT is_cash) f
 GROUP BY ALL ORDER BY ALL
