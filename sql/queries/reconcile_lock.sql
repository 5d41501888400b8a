-- One reconciliation of an account at a time: the transaction that asks holds the right until it ends.
SELECT pg_advisory_xact_lock((1718191727::bigint << 32) + %(account_id)s::bigint)
