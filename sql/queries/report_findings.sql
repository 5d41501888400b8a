-- What reconciliations found, newest first. Unless `all` or one is named, what still waits for a person.
SELECT f.account_id, a.name AS account, f.finding_id, f.run_id, r.finished_at AS found_at, f.kind, f.category, f.symbol,
       f.position_idx, f.ledger_value ->> 'bot_id' AS bot_id, coalesce(f.ledger_value - 'bot_id', '{}') AS ledger,
       coalesce(f.venue_value, '{}') AS exchange, f.rule, f.resolved_at, f.resolution_note
  FROM trading.reconciliation_findings f
  JOIN trading.accounts a USING (account_id)
  JOIN trading.reconciliation_runs r USING (account_id, run_id)
 WHERE (%(account)s::text IS NULL OR a.name = %(account)s::text)
   AND (%(kind)s::text IS NULL OR f.kind = %(kind)s::text)
   AND (%(finding_id)s::bigint IS NULL OR f.finding_id = %(finding_id)s::bigint)
   AND (%(all)s::boolean OR f.resolved_at IS NULL)
 ORDER BY f.finding_id DESC
