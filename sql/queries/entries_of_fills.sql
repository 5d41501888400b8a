SELECT e.* FROM trading.position_entries e
 WHERE e.account_id = %(account_id)s AND e.entry_id = ANY(%(fill_ids)s::bigint[])
 ORDER BY e.entry_time, e.seq, e.exec_id
