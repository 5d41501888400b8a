SELECT trading.position_as_of(%(account_id)s::integer, %(bot_id)s::text, %(category)s::text, %(symbol)s::text,
                              %(position_idx)s::smallint, %(at)s::timestamptz) AS position
