SELECT bot_id, symbol, position_idx, CASE side WHEN 'Sell' THEN -size ELSE size END AS qty FROM trading.books
 WHERE size > 0 AND category <> 'spot'
