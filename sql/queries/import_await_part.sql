-- Waits until the transaction of a part of an import has ended.
SELECT pg_advisory_xact_lock_shared(%(key)s::bigint)
