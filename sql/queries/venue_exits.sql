-- Exits that the venue itself made since a moment, of orders that name no bot: those of which some execution was booked
-- before everything that the ledger has now from before it. What a person decided stays.
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
    SELECT f.fill_id, max(f.recorded_at) OVER (PARTITION BY l.category, l.symbol, l.position_idx
                                               ORDER BY f.exec_time, f.seq, f.exec_id) AS until
      FROM (SELECT DISTINCT x.category, x.symbol, x.position_idx FROM exits x) l
      JOIN trading.books b ON b.account_id = %(account_id)s AND b.category = l.category AND b.symbol = l.symbol
       AND b.position_idx = l.position_idx
      JOIN trading.fills f
        ON f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time >= %(since)s::timestamptz
     WHERE NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
)
SELECT e.fill_id, e.exec_id, e.category, e.symbol, e.position_idx, e.side, e.exec_qty, e.bot_id, e.exec_time, e.seq,
       e.of_order
  FROM exits e
 WHERE (e.category, e.of_order) IN (SELECT x.category, x.of_order FROM exits x JOIN told t ON t.fill_id = x.fill_id
                                     WHERE t.until > x.recorded_at)
 ORDER BY e.exec_time, e.seq, e.exec_id
