-- What reconciliations wrote to each book after those places of its journals that the last report names, as
-- {book_id: [book_seq, cash_seq]}: by type and reason, how many executions, how far all of it moved the book, and the id
-- of the adjustment if it is one that counts.
WITH heads AS (
    SELECT b.account_id, b.book_id, b.bot_id, b.category, b.symbol, b.position_idx, b.book_id::bigint << 32 AS first,
           coalesce((%(journals)s::jsonb -> b.book_id::text ->> 0)::bigint, 0) AS book_seq,
           coalesce((%(journals)s::jsonb -> b.book_id::text ->> 1)::bigint, 0) AS cash_seq
      FROM trading.books b
     WHERE b.account_id = %(account_id)s
), written AS (
    SELECT h.bot_id, h.category, h.symbol, h.position_idx, f.exec_type, f.close_reason,
           f.source = 'exchange' AS is_import, f.signed_qty AS moved,
           CASE f.exec_type WHEN 'Adjustment' THEN f.exec_id END AS adjustment
      FROM heads h
      JOIN trading.fills f ON f.account_id = h.account_id AND f.fill_id > h.first + h.book_seq
       AND f.fill_id <= h.first + (1::bigint << 32) - 1
     WHERE (f.source IN ('exchange', 'reconciler') OR f.exec_id LIKE 'order:%%:rest:%%')
       AND NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
    UNION ALL
    -- What stopped counting, unless it began to count after that place, too.
    SELECT h.bot_id, h.category, h.symbol, h.position_idx, f.exec_type, f.close_reason, false, -f.signed_qty, NULL
      FROM heads h
      JOIN trading.fill_voids v ON v.account_id = h.account_id AND v.book_id = h.book_id AND v.book_seq > h.book_seq
      JOIN trading.fills f ON f.account_id = v.account_id AND f.fill_id = v.fill_id
     WHERE f.fill_id <= h.first + h.book_seq
        OR (f.source NOT IN ('exchange', 'reconciler') AND f.exec_id NOT LIKE 'order:%%:rest:%%')
    UNION ALL
    SELECT h.bot_id, h.category, h.symbol, h.position_idx, p.exec_type, NULL, true, 0, NULL
      FROM heads h
      JOIN trading.funding_payments p ON p.account_id = h.account_id AND p.book_id = h.book_id
       AND p.cash_seq > h.cash_seq
     WHERE p.source = 'exchange'
)
SELECT w.bot_id, w.category, w.symbol, w.position_idx, w.exec_type, w.close_reason,
       count(*) FILTER (WHERE w.is_import) AS imported, sum(w.moved) AS moved, max(w.adjustment) AS adjustment
  FROM written w
 GROUP BY w.bot_id, w.category, w.symbol, w.position_idx, w.exec_type, w.close_reason
 ORDER BY 1, 2, 3, 4, 5, 6
