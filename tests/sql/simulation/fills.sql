SELECT f.exec_id, f.bot_id, f.category, f.symbol, f.position_idx, f.side, f.exec_price, f.exec_qty, f.commission,
       f.commission_asset, f.exec_time, f.exec_type
  FROM trading.fills f
 WHERE f.account_id = %(account_id)s
   AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
UNION ALL
SELECT p.exec_id, p.bot_id, p.category, p.symbol, p.position_idx, p.side, p.exec_price, p.exec_qty, p.amount, p.asset,
       p.exec_time, p.exec_type
  FROM trading.counted_payments p
 WHERE p.account_id = %(account_id)s
