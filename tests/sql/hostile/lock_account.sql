SELECT pg_advisory_lock((1718191727::bigint << 32) + %(account_id)s::bigint)
