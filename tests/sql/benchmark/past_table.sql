-- The table that bots of old kept: one row for each order, no execution ids. `books` bots trade one symbol each; their
-- positions go up and down and now and then from one side to the other.
CREATE TABLE past_fills AS
SELECT g AS id, 'bot_' || lpad((g %% %(books)s)::text, 6, '0') AS bot_id, 'BTCUSDT'::text AS symbol,
       CASE WHEN random() < 0.5 THEN 'Buy' ELSE 'Sell' END AS side,
       round((30000 + 1000 * random())::numeric, 1) AS exec_price, round((0.001 + random() / 20)::numeric, 3) AS exec_qty,
       gen_random_uuid()::text AS order_id, 'old-entry-' || lpad(to_hex(g), 9, '0') AS client_order_id,
       CASE WHEN random() < 0.5 THEN 'take_profit' END AS close_reason,
       round((random() / 2)::numeric, 6) AS commission,
       '2023-01-01Z'::timestamptz + g * interval '37 seconds' AS exec_time
  FROM generate_series(1, %(rows)s::bigint) g
