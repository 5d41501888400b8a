SELECT trading.ensure_login(%(login)s::text, %(group)s::text, %(verifier)s::text) AS is_new
