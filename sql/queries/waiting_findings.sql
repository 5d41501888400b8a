-- Findings of some kinds, open ones and those that a person has resolved.
SELECT f.finding_id, f.kind, f.category, f.symbol, f.position_idx, f.ledger_value, f.venue_value, f.rule,
       f.resolved_at IS NULL AS is_open
  FROM trading.reconciliation_findings f
 WHERE f.account_id = %(account_id)s AND f.kind = ANY (%(kinds)s::text[])
   AND (f.resolved_at IS NULL OR f.resolution_note NOT LIKE 'replaced by run %%')
 ORDER BY f.finding_id
