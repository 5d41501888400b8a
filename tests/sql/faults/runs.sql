SELECT status, digest, error, compared FROM trading.reconciliation_runs ORDER BY run_id
