SELECT pg_advisory_lock(%(account_id)s::integer, hashtext(%(order_id)s::text) & 4095)
