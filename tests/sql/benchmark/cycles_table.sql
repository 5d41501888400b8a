-- Two books of each size, by bot: `near` is flat after every ten fills, `far` never is.
CREATE TABLE past_fills AS
SELECT row_number() OVER () AS id, shape || '_' || size AS bot_id, 'BTCUSDT'::text AS symbol,
       CASE WHEN shape = 'near' AND g %% 10 < 5 OR shape = 'far' AND g %% 2 = 0 THEN 'Buy' ELSE 'Sell' END AS side,
       round((30000 + 1000 * random())::numeric, 1) AS exec_price,
       CASE WHEN shape = 'far' AND g %% 2 = 0 THEN 2 ELSE 1 END::numeric AS exec_qty,
       gen_random_uuid()::text AS order_id, round((random() / 2)::numeric, 6) AS commission,
       '2023-01-01Z'::timestamptz + g * interval '30 seconds' AS exec_time
  FROM unnest(ARRAY['near', 'far']) shape, unnest(%(sizes)s::bigint[]) size, generate_series(0, size - 1) g
