SELECT trading.resolve_finding(%(account_id)s::integer, %(finding_id)s::bigint, %(note)s::text) AS was_open
