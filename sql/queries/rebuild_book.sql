SELECT trading.rebuild_book(%(account_id)s::integer, %(book_id)s::integer) AS rows_changed
