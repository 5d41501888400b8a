UPDATE trading.orders SET bot_id = %(bot_id)s WHERE account_id = %(account_id)s AND order_id = %(order_id)s
