-- Every part of totals that divide evenly, not evenly, and in the middle; with what may be stored of each.
SELECT v.total, v.a, v.b, v.whole, s.stored, trading.share(v.total, v.a, v.b, v.whole) AS share,
       trading.checked_share(s.stored, v.total, v.a, v.b, v.whole) AS checked
  FROM (SELECT t.total, x.a, y.b, w.whole
          FROM unnest(ARRAY[0, 1, -1, 0.1, -0.3, 7, 0.000000000000000001, -0.000000000000000003]::numeric[]) AS t (total),
               unnest(ARRAY[1, 2, 3, 0.7, 4.000000000000000001]::numeric[]) AS w (whole),
               LATERAL (VALUES (0), (w.whole / 4), (w.whole / 3), (w.whole)) AS x (a),
               LATERAL (VALUES (w.whole / 4), (w.whole / 2), (w.whole)) AS y (b)
         WHERE x.a < y.b) v
 CROSS JOIN LATERAL (
       SELECT trading.share(v.total, v.a, v.b, v.whole) + d.off AS stored
         FROM unnest(ARRAY[0, 0.000000000000000001, -0.000000000000000001, 1e-30, 1, NULL]::numeric[]) AS d (off)
       UNION ALL
       SELECT -trading.share(v.total, v.a, v.b, v.whole)) s
