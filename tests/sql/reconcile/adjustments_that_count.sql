SELECT f.fill_id, f.bot_id, f.side, f.exec_qty
  FROM trading.fills f
 WHERE f.exec_type = 'Adjustment'
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
