-- Payments of which something is known now that the last report did not tell: since those places of the journals that it
-- names something was booked of their line for a time before them, or they themselves were. `held`: what each book of the
-- line had open then, by what is known now. What a bot wrote or a person moved stays.
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
), payment AS MATERIALIZED (
    SELECT p.exec_id, p.category, p.symbol, p.position_idx, p.bot_id, p.exec_time, p.seq, p.amount
      FROM heads h
      JOIN trading.counted_payments p ON p.account_id = h.account_id AND p.book_id = h.book_id
      LEFT JOIN told t ON t.category = h.category AND t.symbol = h.symbol AND t.position_idx = h.position_idx
     WHERE (p.cash_seq > h.cash_seq OR p.exec_time >= t.since)
       AND p.source IN ('exchange', 'stream', 'reconciler')
), line AS (
    SELECT p.category, p.symbol, p.position_idx, min(p.exec_time) AS since
      FROM payment p GROUP BY p.category, p.symbol, p.position_idx
), event AS (
    SELECT b.book_id, f.exec_time, f.seq, f.exec_id, f.signed_qty AS qty, false AS is_payment
      FROM line l
      JOIN trading.books b ON b.account_id = %(account_id)s AND b.category = l.category AND b.symbol = l.symbol
       AND b.position_idx = l.position_idx
      JOIN trading.fills f ON f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time >= l.since
     WHERE NOT EXISTS (SELECT FROM trading.fill_voids v WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
    UNION ALL
    SELECT b.book_id, p.exec_time, p.seq, p.exec_id, 0, true
      FROM payment p
      JOIN trading.books b ON b.account_id = %(account_id)s AND b.category = p.category AND b.symbol = p.symbol
       AND b.position_idx = p.position_idx
), behind AS (  -- how much came later: what is open now less that was open then
    SELECT e.*, sum(e.qty) OVER (PARTITION BY e.book_id ORDER BY e.exec_time DESC, e.seq DESC, e.exec_id DESC) AS later
      FROM event e
), holding AS (
    SELECT b.category, e.exec_id, b.bot_id, CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END - e.later AS qty
      FROM behind e
      JOIN trading.books b ON b.account_id = %(account_id)s AND b.book_id = e.book_id
     WHERE e.is_payment
)
SELECT p.exec_id, p.category, p.symbol, p.position_idx, p.bot_id, p.amount,
       (SELECT coalesce(json_object_agg(h.bot_id, trim_scale(h.qty)::text) FILTER (WHERE h.qty <> 0), '{}')
          FROM holding h WHERE h.category = p.category AND h.exec_id = p.exec_id) AS held
  FROM payment p
 ORDER BY p.exec_time, p.seq, p.exec_id
