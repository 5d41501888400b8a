SELECT r.run_id, r.status, r.compared, r.error FROM trading.reconciliation_runs r
 WHERE r.account_id = %(account_id)s
 ORDER BY r.run_id
