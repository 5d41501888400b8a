-- Held until the transaction ends, so that the part of an import behind this one sees when it does.
SELECT pg_advisory_xact_lock(%(key)s::bigint)
