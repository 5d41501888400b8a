UPDATE trading.orders SET bot_id = %(bot_id)s WHERE order_id = %(order_id)s RETURNING order_id
