-- Which executions a person has decided about.
SELECT q.exec_id FROM trading.quarantined_executions q
 WHERE q.account_id = %(account_id)s AND q.category = %(category)s AND q.exec_id = ANY (%(exec_ids)s::text[])
   AND q.decision IN ('ignore', 'fill', 'cash')
