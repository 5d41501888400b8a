SELECT trading.record_fill(
    a.account_id, %(bot_id)s, NULL, 'linear', %(symbol)s, 0::smallint, %(side)s, %(exec_price)s::numeric,
    %(exec_qty)s::numeric, %(exec_time)s, %(exec_id)s, %(order_id)s, %(client_order_id)s, %(commission)s::numeric, NULL, NULL,
    NULL, NULL, 'Trade', 'bot')
  FROM trading.accounts a
