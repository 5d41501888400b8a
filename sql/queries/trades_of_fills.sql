SELECT t.* FROM trading.completed_trades t
 CROSS JOIN LATERAL trading.fill_of(t.account_id, t.exit_fill_id) x
 CROSS JOIN LATERAL trading.fill_of(t.account_id, t.entry_fill_id) e
 WHERE t.account_id = %(account_id)s AND t.exit_fill_id = ANY(%(fill_ids)s::bigint[])
 ORDER BY x.exec_time, x.seq, x.exec_id, e.exec_time, e.seq, e.exec_id
