SELECT * FROM trading.quarantined_executions ORDER BY category, exec_id
