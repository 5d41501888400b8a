-- Which executions are in the ledger already, of which order, whose they are, on which leg, and who booked them.
WITH given AS (
    SELECT DISTINCT i.exec_id FROM unnest(%(exec_ids)s::text[]) AS i (exec_id)
)
SELECT f.exec_id, f.order_id, f.bot_id, f.position_idx, f.source
  FROM given i CROSS JOIN LATERAL trading.execution_of(%(account_id)s, %(category)s, i.exec_id) f
UNION ALL
SELECT p.exec_id, NULL AS order_id, p.bot_id, p.position_idx, p.source
  FROM given i CROSS JOIN LATERAL trading.payment_of(%(account_id)s, %(category)s, i.exec_id) p
