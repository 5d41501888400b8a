SELECT status, digest, error FROM trading.reconciliation_runs ORDER BY run_id
