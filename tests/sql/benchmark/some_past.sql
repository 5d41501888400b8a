SELECT bot_id, symbol, side, exec_price, exec_qty, order_id, commission, exec_time FROM past_fills ORDER BY id LIMIT 20000
