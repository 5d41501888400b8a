-- One service leads for an account: the transaction that asks leads until it ends. Not the reconcilers' lock.
SELECT pg_try_advisory_xact_lock((1718191728::bigint << 32) + %(account_id)s::bigint) AS leads
