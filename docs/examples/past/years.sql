-- What years do to a table: a row that was written twice, and the oldest row of a bot that somebody deleted.
INSERT INTO old_bots.fills
       (bot_id, symbol, side, exec_price, exec_qty, order_id, client_order_id, close_reason, commission, exec_time)
SELECT bot_id, symbol, side, exec_price, exec_qty, order_id, client_order_id, close_reason, commission, exec_time
  FROM old_bots.fills WHERE order_id = 'order-4';
DELETE FROM old_bots.fills WHERE order_id = 'order-1'
