-- What a closed quantity earned, in percent too, and what an open one cost and is worth on average.
SELECT c.c, s.s, q.q, m.m, e.e, x.x, trading.gross_pnl(c.c, s.s, q.q, m.m, e.e, x.x),
       trading.pnl_pct(c.c, x.x - 3, q.q, m.m, e.e), trading.entry_value(c.c, q.q, e.e),
       trading.average_price(c.c, q.q, x.x, 0)
  FROM unnest(ARRAY['linear', 'inverse', 'spot', 'option']) AS c (c),
       unnest(ARRAY['Buy', 'Sell']) AS s (s),
       unnest(ARRAY[1, 0.7, 3]::numeric[]) AS q (q),
       unnest(ARRAY[1, 1000]::numeric[]) AS m (m),
       unnest(ARRAY[0, 3, 7, 50000.5]::numeric[]) AS e (e),
       unnest(ARRAY[3, 11, 0.000000000000000007]::numeric[]) AS x (x)
 WHERE c.c <> 'inverse' OR e.e <> 0
