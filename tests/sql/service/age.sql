UPDATE trading.reconciliation_runs SET finished_at = finished_at - interval '3651 days',
    confirmed_at = confirmed_at - interval '3651 days' RETURNING run_id
