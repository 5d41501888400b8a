SELECT trading.resolve_finding(1, finding_id, 'seen') FROM trading.reconciliation_findings WHERE kind = 'conflicting_fill'
