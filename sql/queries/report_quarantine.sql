-- Executions that could not be applied, oldest first. Unless `all` or one is named, those that nobody has decided about.
SELECT a.name AS account, q.category, q.exec_id, q.symbol, q.exec_type, q.exec_time, q.reason, q.seen_at, q.decision,
       q.decided_at, q.decided_by, q.note, q.booked, q.readable, q.raw
  FROM trading.quarantined_executions q
  JOIN trading.accounts a USING (account_id)
 WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(category)s::text IS NULL OR q.category = %(category)s::text)
   AND (%(exec_id)s::text IS NULL OR q.exec_id = %(exec_id)s::text)
   AND (%(all)s::boolean OR q.decision IS NULL)
 ORDER BY a.name, q.exec_time, q.category, q.exec_id
