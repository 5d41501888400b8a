-- Three books of each size, by bot. `near` is flat after every ten fills; `open` never is; `ended` is not until its
-- eleventh fill from behind, which closes all, and has a cycle of ten fills after that. Sizes end in 0.
CREATE TABLE past_fills AS
SELECT row_number() OVER () AS id, shape || '_' || size AS bot_id, 'BTCUSDT'::text AS symbol,
       CASE WHEN part = 'cycle' AND g %% 10 < 5 OR part = 'grow' AND g %% 2 = 0 THEN 'Buy' ELSE 'Sell' END AS side,
       round((30000 + 1000 * random())::numeric, 1) AS exec_price,
       CASE WHEN part = 'end' THEN 2 * ((g + 1) / 2) - g / 2
            WHEN part = 'grow' AND g %% 2 = 0 THEN 2 ELSE 1 END::numeric AS exec_qty,
       gen_random_uuid()::text AS order_id, round((random() / 2)::numeric, 6) AS commission,
       '2023-01-01Z'::timestamptz + g * interval '30 seconds' AS exec_time
  FROM unnest(ARRAY['near', 'open', 'ended']) shape, unnest(%(sizes)s::bigint[]) size, generate_series(0, size - 1) g,
       LATERAL (SELECT CASE WHEN shape = 'near' OR shape = 'ended' AND g > size - 11 THEN 'cycle'
                            WHEN shape = 'ended' AND g = size - 11 THEN 'end' ELSE 'grow' END AS part) p
