-- In the order of their exits, oldest lot first.
SELECT t.book_id, split_part(e.exec_id, ':rest:', 1) AS entry_exec_id, split_part(x.exec_id, ':rest:', 1) AS exit_exec_id,
       t.side, t.entry_commission_asset, t.exit_commission_asset, t.quantity, t.entry_price, t.exit_price, t.gross_pnl,
       t.entry_commission, t.exit_commission, t.net_pnl, t.pnl_pct
  FROM trading.completed_trades t
  JOIN trading.fills e ON e.account_id = t.account_id AND e.fill_id = t.entry_fill_id
  JOIN trading.fills x ON x.account_id = t.account_id AND x.fill_id = t.exit_fill_id
 WHERE t.account_id = %(account_id)s
 ORDER BY t.book_id, x.exec_time, x.seq, x.exec_id, e.exec_time, e.seq, e.exec_id
