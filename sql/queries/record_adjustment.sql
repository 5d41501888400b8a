SELECT trading.record_adjustment(
    %(account_id)s::integer, %(bot_id)s::text, %(category)s::text, %(symbol)s::text, %(position_idx)s::smallint,
    %(side)s::text, %(exec_qty)s::numeric, %(exec_time)s::timestamptz, %(exec_id)s::text, %(seen)s::jsonb,
    %(announced)s::text[]) AS result
