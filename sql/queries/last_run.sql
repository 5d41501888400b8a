SELECT r.run_id, r.status, r.compared, greatest(r.finished_at, r.confirmed_at) AS at
  FROM trading.reconciliation_runs r
 WHERE r.account_id = %(account_id)s
 ORDER BY r.run_id DESC
 LIMIT 1
