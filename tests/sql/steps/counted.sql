-- The fills of an account that count, by book and in exchange order.
SELECT concat_ws(' ', f.bot_id, f.category, f.symbol, f.position_idx) AS book,
       concat_ws(' ', f.exec_id, CASE f.side WHEN 'Buy' THEN '+' ELSE '-' END || trim_scale(f.exec_qty)) AS fill
  FROM trading.fills f
 WHERE f.account_id = %(account_id)s
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
 ORDER BY 1, f.exec_time, f.seq, f.exec_id
