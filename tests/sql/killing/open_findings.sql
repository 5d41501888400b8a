SELECT kind, category, symbol, position_idx, ledger_value::text, venue_value::text, rule
  FROM trading.reconciliation_findings
 WHERE resolved_at IS NULL
