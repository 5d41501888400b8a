SELECT trading.record_fill(
    %(account_id)s::integer, %(bot_id)s::text, %(named_bot)s::text, %(category)s::text, %(symbol)s::text,
    %(position_idx)s::smallint, %(side)s::text, %(exec_price)s::numeric, %(exec_qty)s::numeric,
    %(exec_time)s::timestamptz, %(exec_id)s::text, %(order_id)s::text, %(client_order_id)s::text,
    %(commission)s::numeric, %(commission_asset)s::text, %(close_reason)s::text, %(seq)s::bigint,
    %(is_maker)s::boolean, %(exec_type)s::text, %(source)s::text, %(effect)s::text, %(announced)s::text[]) AS result
