-- Whether v is the value of 18 digits nearest to n/d, and what is computed where v is stored.
SELECT n.n, d.d, v.v, trading.is_nearest(v.v, n.n, d.d), trading.checked_pnl_pct(v.v, c.c, n.n / 100, d.d, 1, 1),
       trading.pnl_pct(c.c, n.n / 100, d.d, 1, 1)
  FROM unnest(ARRAY[1, -1, 2, 5, 0, 0.000000000000000001, 1.5]::numeric[]) AS n (n),
       unnest(ARRAY[1, 3, 7, 2, 0.6]::numeric[]) AS d (d),
       unnest(ARRAY[0, 0.000000000000000001, -0.000000000000000001, 0.0000000000000000005, 1]::numeric[]) AS o (o),
       unnest(ARRAY['linear', 'inverse']) AS c (c),
       LATERAL (VALUES (trading.half_even(n.n, d.d) + o.o), (NULL)) AS v (v)
