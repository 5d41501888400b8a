UPDATE trading.reconciliation_runs
   SET finished_at = finished_at - %(by)s::interval, confirmed_at = confirmed_at - %(by)s::interval
RETURNING run_id
