SELECT bot_id, symbol, CASE side WHEN 'Buy' THEN 'Sell' ELSE 'Buy' END AS side, last_exec_time AS exec_time
  FROM trading.books
 WHERE size >= 0.02
