SELECT kind, category, symbol, position_idx, ledger_value::text, venue_value::text, rule, resolved_at IS NULL
  FROM trading.reconciliation_findings
