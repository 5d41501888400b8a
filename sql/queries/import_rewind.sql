SELECT * FROM trading.rewind_book(%(account_id)s::integer, %(book_id)s::integer, %(exec_time)s::timestamptz,
                                  %(seq)s::bigint, %(exec_id)s::text)
