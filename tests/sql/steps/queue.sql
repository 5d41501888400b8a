SELECT trading.queue_for_book(%(account_id)s, %(bot_id)s, %(category)s, %(symbol)s, %(position_idx)s::smallint)
