SELECT {function}(%(account_id)s::integer, %(bot_id)s::text, %(category)s::text, %(symbol)s::text,
                  %(position_idx)s::smallint, %(fills)s::json)
