SELECT f.run_id, f.kind, f.category, f.symbol, f.position_idx, f.ledger_value, f.venue_value, f.rule, f.resolved_at
  FROM trading.reconciliation_findings f
 WHERE f.account_id = %(account_id)s
 ORDER BY f.finding_id
