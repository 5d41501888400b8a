INSERT INTO old_bots.fills (bot_id, symbol, side, exec_price, exec_qty, order_id, commission, exec_time)
SELECT 'bot_' || mod(n, 100), 'BTCUSDT', 'Buy', n, 1, 'order ' || n, 0.01, '2024-01-01 00:00:00+00'::timestamptz
  FROM generate_series(1, %(count)s) AS n
