SELECT trading.record_superseding(
    %(account_id)s::integer, %(bot_id)s::text, %(named_bot)s::text, %(category)s::text, %(symbol)s::text,
    %(position_idx)s::smallint, %(fills)s::json, %(announced)s::text[]) AS result
