-- Quotients, and shares of the units up to x, in halves of the last digit and around them.
SELECT n.n, d.d, trading.half_even(n.n, d.d), trading.share_of_first(n.n, x.x, d.d), x.x
  FROM unnest(ARRAY[0, 1, -1, 2, -2, 5, 7, -7, 0.5, 1.5, -1.5, 2.5, 0.000000000000000001, 0.000000000000000003,
                    0.0000000000000000005, -0.0000000000000000005, 0.0000000000000000015, -0.0000000000000000015,
                    0.0000000000000000025, 123456789.123456789123456789]::numeric[]) AS n (n),
       unnest(ARRAY[1, 2, 3, 7, 8, 0.3, 1.000000000000000001, 1e20]::numeric[]) AS d (d),
       LATERAL (VALUES (0), (d.d / 4), (d.d / 2), (d.d)) AS x (x)
