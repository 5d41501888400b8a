SELECT t.* FROM trading.completed_trades t
  JOIN trading.fills x ON x.account_id = t.account_id AND x.fill_id = t.exit_fill_id
  JOIN trading.fills e ON e.account_id = t.account_id AND e.fill_id = t.entry_fill_id
 WHERE t.account_id = %(account_id)s AND t.exit_fill_id = ANY(%(fill_ids)s::bigint[])
 ORDER BY x.exec_time, x.seq, x.exec_id, e.exec_time, e.seq, e.exec_id
