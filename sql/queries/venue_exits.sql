-- Exits that the venue itself made since a moment, of orders that name no bot: those of which some execution was booked
-- while the ledger had not yet all, or more than, it has now from before it; and for the sake of transactions that were
-- open then, those booked since the last run began. What a person decided stays.
WITH exits AS (
    SELECT f.fill_id, f.exec_id, f.category, f.symbol, f.position_idx, f.side, f.exec_qty, f.bot_id, f.exec_time, f.seq,
           f.recorded_at, coalesce(f.order_id, f.exec_id) AS of_order
      FROM trading.books b
      JOIN trading.fills f
        ON f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time >= %(since)s::timestamptz
     WHERE b.account_id = %(account_id)s AND f.close_reason IS NOT NULL AND f.client_order_id IS NULL
       AND f.source IN ('exchange', 'stream')
       AND NOT EXISTS (SELECT FROM trading.orders o WHERE o.account_id = f.account_id AND o.category = f.category
                          AND o.order_id = f.order_id AND o.bot_id IS NOT NULL)
       AND NOT EXISTS (SELECT FROM trading.quarantined_executions q WHERE q.account_id = f.account_id
                          AND q.category = f.category AND q.exec_id = f.exec_id AND q.decision IS NOT NULL)
       AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
), told AS (
    SELECT f.fill_id, max(greatest(f.recorded_at, v.recorded_at))
                      OVER (PARTITION BY l.category, l.symbol, l.position_idx
                            ORDER BY f.exec_time, f.seq, f.exec_id) AS until
      FROM (SELECT DISTINCT x.category, x.symbol, x.position_idx FROM exits x) l
      JOIN trading.books b ON b.account_id = %(account_id)s AND b.category = l.category AND b.symbol = l.symbol
       AND b.position_idx = l.position_idx
      JOIN trading.fills f
        ON f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time >= %(since)s::timestamptz
      LEFT JOIN trading.fill_voids v ON v.account_id = f.account_id AND v.fill_id = f.fill_id
), last_run AS (
    SELECT coalesce(max(r.started_at), '-infinity') - interval '1 minute' AS started_at
      FROM trading.reconciliation_runs r WHERE r.account_id = %(account_id)s AND r.status IN ('ok', 'findings')
)
SELECT e.fill_id, e.exec_id, e.category, e.symbol, e.position_idx, e.side, e.exec_qty, e.bot_id, e.exec_time, e.seq,
       e.of_order
  FROM exits e
 WHERE (e.category, e.of_order) IN (SELECT x.category, x.of_order FROM exits x JOIN told t ON t.fill_id = x.fill_id
                                     WHERE t.until > x.recorded_at
                                        OR x.recorded_at > (SELECT r.started_at FROM last_run r))
 ORDER BY e.exec_time, e.seq, e.exec_id
