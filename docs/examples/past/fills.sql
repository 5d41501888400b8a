-- Each bot in turn buys 0.02, buys 0.01, sells 0.01 and sells 0.02, at prices that look like a market's.
INSERT INTO old_bots.fills
       (bot_id, symbol, side, exec_price, exec_qty, order_id, client_order_id, close_reason, commission, exec_time)
SELECT bot, 'BTCUSDT', CASE WHEN step < 2 THEN 'Buy' ELSE 'Sell' END, price, qty, 'order-' || g,
       bot || CASE WHEN step < 2 THEN ':entry:' ELSE ':exit:' END || 1700000000 + g,
       CASE step WHEN 2 THEN 'take_profit' WHEN 3 THEN 'stop_loss' END, round(price * qty * 0.00055, 8),
       timestamptz '2023-01-01 00:00Z' + g * interval '30 seconds'
  FROM generate_series(0, %(rows)s::bigint - 1) g
 CROSS JOIN LATERAL (SELECT 'lxalgo_' || to_char(g %% %(bots)s + 1, 'FM999000') AS bot,
                            g / %(bots)s %% 4 AS step) b
 CROSS JOIN LATERAL (SELECT CASE WHEN step IN (0, 3) THEN 0.02 ELSE 0.01 END AS qty,
                            30000 + (g * 7919 %% 20011) / 10.0 AS price) p
 ORDER BY g
