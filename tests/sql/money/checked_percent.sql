-- Percentages of prices that are free, divide evenly, not evenly, and in the middle; with what may be stored of each.
SELECT v.category, v.net, v.qty, v.entry, s.stored, v.pct, s.checked
  FROM (SELECT c.category, n.net, q.qty, e.entry, trading.pnl_pct(c.category, n.net, q.qty, 1, e.entry) AS pct
          FROM unnest(ARRAY['linear', 'inverse']::text[]) AS c (category),
               unnest(ARRAY[0, 1, -1, 0.3, 0.00000000000000000001, -0.00000000000000000003]::numeric[]) AS n (net),
               unnest(ARRAY[1, 2, 3, 0.007]::numeric[]) AS q (qty),
               unnest(ARRAY[0, 1, 3, 30000.1, NULL]::numeric[]) AS e (entry)) v
 CROSS JOIN LATERAL (
       SELECT d.stored, trading.checked_pnl_pct(d.stored, v.category, v.net, v.qty, 1, v.entry) AS checked
         FROM unnest(ARRAY[v.pct, v.pct + 1e-18, v.pct - 1e-18, v.pct + 1e-30, 0, NULL]) AS d (stored)) s
