SELECT q.exec_id, q.category, q.symbol, q.exec_type, q.reason FROM trading.quarantined_executions q
 WHERE q.account_id = %(account_id)s AND q.decision IS NULL
 ORDER BY q.category, q.symbol, q.exec_id
