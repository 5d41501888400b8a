SELECT trading.advance_books(%(account_id)s::integer, %(ends)s::json)
