SELECT pg_advisory_lock(hashtext('faults'))
