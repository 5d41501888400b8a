SELECT trading.keep_orders(1, json_build_array(json_build_object('category', 'linear', 'order_id', %(order_id)s::text,
    'symbol', 'BTCUSDT', 'side', 'Buy', 'qty', 0.1, 'cum_exec_qty', %(qty)s::numeric)))
