-- What each book of a line had open just before (exec_time, seq, exec_id): what is open now less what came since. Not
-- `adjusted`: less what adjustments before it have moved, too.
SELECT a.n - 1 AS n, b.bot_id,
       CASE b.side WHEN 'Sell' THEN -b.size ELSE b.size END - coalesce(
           (SELECT sum(f.signed_qty) FROM trading.fills f
             WHERE f.account_id = b.account_id AND f.book_id = b.book_id
               AND (f.exec_time, f.seq, f.exec_id) > (a.exec_time, a.seq, a.exec_id)
               AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)), 0)
           - CASE WHEN %(adjusted)s::boolean THEN 0 ELSE coalesce(
           (SELECT sum(f.signed_qty) FROM trading.fills f
             WHERE f.account_id = b.account_id AND f.book_id = b.book_id AND f.exec_type = 'Adjustment'
               AND (f.exec_time, f.seq, f.exec_id) <= (a.exec_time, a.seq, a.exec_id)
               AND NOT EXISTS (SELECT FROM trading.fill_voids v
                                WHERE v.account_id = f.account_id AND v.fill_id = f.fill_id)), 0) END AS qty
  FROM unnest(%(symbols)s::text[], %(position_idxs)s::smallint[], %(exec_times)s::timestamptz[], %(seqs)s::bigint[],
              %(exec_ids)s::text[]) WITH ORDINALITY AS a (symbol, position_idx, exec_time, seq, exec_id, n)
  JOIN trading.books b ON b.account_id = %(account_id)s AND b.category = %(category)s AND b.symbol = a.symbol
   AND b.position_idx = a.position_idx
