SELECT trading.record_cash(
    %(account_id)s::integer, %(bot_id)s::text, %(named_bot)s::text, %(category)s::text, %(symbol)s::text,
    %(position_idx)s::smallint, %(side)s::text, %(exec_price)s::numeric, %(exec_qty)s::numeric,
    %(exec_time)s::timestamptz, %(exec_id)s::text, %(order_id)s::text, %(commission)s::numeric,
    %(commission_asset)s::text, %(seq)s::bigint, %(exec_type)s::text, %(source)s::text) AS result
