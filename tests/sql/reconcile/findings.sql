SELECT * FROM trading.reconciliation_findings ORDER BY finding_id
