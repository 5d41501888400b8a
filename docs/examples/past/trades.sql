-- The trades as those bots booked them: against the average of the position, without the commission of the entry.
INSERT INTO old_bots.completed_trades
       (bot_id, symbol, side, quantity, entry_price, exit_price, net_pnl, exit_reason, exit_order_id, exit_time)
SELECT bot_id, symbol, 'Buy', exec_qty, average, exec_price, (exec_price - average) * exec_qty - commission,
       close_reason, order_id, exec_time
  FROM (SELECT f.*, (2 * lag(exec_price, CASE side WHEN 'Sell' THEN 2 + (close_reason = 'stop_loss')::integer END)
                             OVER of_bot
                     + lag(exec_price, CASE side WHEN 'Sell' THEN 1 + (close_reason = 'stop_loss')::integer END)
                             OVER of_bot)::double precision / 3 AS average
          FROM old_bots.fills f
        WINDOW of_bot AS (PARTITION BY bot_id ORDER BY id)) f
 WHERE side = 'Sell'
 ORDER BY id
