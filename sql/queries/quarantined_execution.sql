-- An execution in quarantine, by its id; of several categories perhaps.
SELECT q.category, q.exec_id, q.symbol, q.exec_type, q.exec_time, q.reason, q.readable, q.decision, q.decided_at, q.note,
       q.booked
  FROM trading.quarantined_executions q
 WHERE q.account_id = %(account_id)s AND q.exec_id = %(exec_id)s
   AND (%(category)s::text IS NULL OR q.category = %(category)s::text)
 ORDER BY q.category
