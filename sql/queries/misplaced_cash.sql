-- Payments of each book's last seven days of them, if something became known of what was open then: something was booked
-- of their line for a time before them, or they themselves were, after those places of the journals that the last report
-- names. What a person decided stays, as does what a bot wrote.
WITH heads AS (
    SELECT b.account_id, b.book_id, b.category, b.symbol, b.position_idx, b.book_id::bigint << 32 AS first,
           coalesce((%(journals)s::jsonb -> b.book_id::text ->> 0)::bigint, 0) AS book_seq,
           coalesce((%(journals)s::jsonb -> b.book_id::text ->> 1)::bigint, 0) AS cash_seq
      FROM trading.books b
     WHERE b.account_id = %(account_id)s
       AND EXISTS (SELECT FROM trading.books k WHERE k.account_id = b.account_id AND k.category = b.category
                      AND k.symbol = b.symbol AND k.position_idx = b.position_idx AND k.cash_seq > 0)
), told AS (
    SELECT n.category, n.symbol, n.position_idx, min(n.exec_time) AS since
      FROM (SELECT h.category, h.symbol, h.position_idx, f.exec_time
              FROM heads h
              JOIN trading.fills f ON f.account_id = h.account_id AND f.fill_id > h.first + h.book_seq
               AND f.fill_id <= h.first + (1::bigint << 32) - 1
            UNION ALL
            SELECT h.category, h.symbol, h.position_idx, f.exec_time
              FROM heads h
              JOIN trading.fill_voids v ON v.account_id = h.account_id AND v.book_id = h.book_id
               AND v.book_seq > h.book_seq
              JOIN trading.fills f ON f.account_id = v.account_id AND f.fill_id = v.fill_id) n
     GROUP BY n.category, n.symbol, n.position_idx
)
SELECT p.exec_id, p.category, p.symbol, p.position_idx, p.bot_id, p.exec_time, p.seq, p.amount
  FROM heads h
  JOIN trading.funding_payments p ON p.account_id = h.account_id AND p.book_id = h.book_id
   AND p.exec_time >= (SELECT max(k.exec_time) FROM trading.funding_payments k
                        WHERE k.account_id = h.account_id AND k.book_id = h.book_id) - interval '7 days'
  LEFT JOIN told t ON t.category = h.category AND t.symbol = h.symbol AND t.position_idx = h.position_idx
 WHERE (p.cash_seq > h.cash_seq OR p.exec_time >= t.since)
   AND p.source IN ('exchange', 'stream', 'reconciler') AND p.exec_id NOT LIKE 'reversal:%%'
   AND NOT EXISTS (SELECT FROM trading.funding_payments r WHERE r.account_id = p.account_id AND r.category = p.category
                      AND r.exec_id = 'reversal:' || p.exec_id)
   AND NOT EXISTS (SELECT FROM trading.quarantined_executions q WHERE q.account_id = p.account_id
                      AND q.category = p.category AND q.exec_id = p.exec_id AND q.decision IS NOT NULL)
 ORDER BY p.exec_time, p.seq, p.exec_id
