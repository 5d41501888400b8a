-- All books of an account: what is open in each, and whether that is all that was traded on its line since it was opened.
-- With `since`, also what its executions after that moment added, in exchange order and as text for their exact digits,
-- and whether a fill of a whole order is there of which the venue has not shown all executions.
SELECT b.book_id, b.bot_id, b.category, b.symbol, b.position_idx, b.base_coin, b.book_seq, b.cash_seq, b.entries,
       b.trades, b.dust_qty,
       CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END AS qty, b.closed = 0 AND NOT EXISTS (
           -- another bot's trades move the average that the venue has of the line
           SELECT FROM trading.books o
            WHERE o.account_id = b.account_id AND o.category = b.category AND o.symbol = b.symbol
              AND o.position_idx = b.position_idx AND o.book_id <> b.book_id AND o.last_exec_time >= b.first_entry_time
       ) AND NOT EXISTS (
           -- nor is it known which executions of a moment closed what was before, and which opened this
           SELECT FROM trading.fills f
             LEFT JOIN trading.lots l ON l.account_id = f.account_id AND l.fill_id = f.fill_id
            WHERE f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time = b.first_entry_time
              AND NOT EXISTS (SELECT FROM trading.fill_voids v
                               WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)
           HAVING count(*) > 1 AND bool_or(l.open_to - l.open_from IS DISTINCT FROM abs(f.signed_qty))
       ) AS never_closed,
       trading.average_price(b.category, b.size, b.open_cost, b.unpriced_qty) AS avg_price,
       CASE WHEN %(since)s::timestamptz IS NOT NULL THEN
           (SELECT json_agg(json_build_array(extract(epoch FROM f.exec_time)::text, f.seq, f.exec_id, f.signed_qty::text)
                            ORDER BY f.exec_time, f.seq, f.exec_id)
              FROM trading.fills f
             WHERE f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time > %(since)s::timestamptz
               -- what stands for a whole order has the bot's time, not the venue's
               AND f.exec_id NOT LIKE 'order:%%'
               AND f.exec_type <> 'Adjustment'  -- nothing that the venue executed
               AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id))
       END AS moves,
       EXISTS (SELECT FROM trading.fills f
                WHERE f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_time > %(since)s::timestamptz
                  AND f.exec_id LIKE 'order:%%'
                  AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                   WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)) AS awaits_executions
  FROM trading.books b
 WHERE b.account_id = %(account_id)s
 ORDER BY b.category, b.symbol, b.position_idx, b.bot_id
