SELECT trading.take_back_adjustment(%(account_id)s, (%(book_id)s::bigint << 32) + 1, NULL)
