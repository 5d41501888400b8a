-- Which executions are in the ledger already, of which order, whose they are, on which leg, and who booked them.
SELECT f.exec_id, f.order_id, f.bot_id, f.position_idx, f.source FROM trading.fills f
 WHERE f.account_id = %(account_id)s AND f.category = %(category)s AND f.exec_id = ANY (%(exec_ids)s::text[])
UNION ALL
SELECT p.exec_id, NULL AS order_id, p.bot_id, p.position_idx, p.source FROM trading.funding_payments p
 WHERE p.account_id = %(account_id)s AND p.category = %(category)s AND p.exec_id = ANY (%(exec_ids)s::text[])
