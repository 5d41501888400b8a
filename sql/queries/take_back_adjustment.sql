SELECT trading.take_back_adjustment(%(account_id)s::integer, %(fill_id)s::bigint, %(cause)s::bigint, %(announced)s::text[])
       AS result
