SELECT * FROM trading.reconciliation_runs ORDER BY run_id
