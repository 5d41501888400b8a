-- Σ signed quantity of the fills that count = Σ signed remaining quantity of the lots = the book's own size.
SELECT b.book_id, b.symbol, coalesce(f.qty, 0) AS of_fills, coalesce(e.qty, 0) AS of_lots, b.side, b.size
  FROM trading.books b
  LEFT JOIN LATERAL (
        SELECT sum(x.signed_qty) AS qty FROM trading.fills x
         WHERE x.account_id = b.account_id AND x.book_id = b.book_id
           AND NOT EXISTS (SELECT FROM trading.fill_voids v
                            WHERE v.account_id = x.account_id AND v.fill_id = x.fill_id)) f ON true
  LEFT JOIN LATERAL (
        SELECT sum(CASE x.side WHEN 'Buy' THEN x.remaining_qty ELSE -x.remaining_qty END) AS qty
          FROM trading.position_entries x
         WHERE x.account_id = b.account_id AND x.book_id = b.book_id) e ON true
 WHERE b.account_id = coalesce(%(account_id)s::integer, b.account_id)
   AND (coalesce(f.qty, 0) <> coalesce(e.qty, 0)
        OR coalesce(f.qty, 0) <> CASE b.side WHEN 'Buy' THEN b.size WHEN 'Sell' THEN -b.size ELSE 0 END
        OR (b.side = 'None') <> (b.size = 0))
