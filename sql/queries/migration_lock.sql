SELECT pg_advisory_xact_lock(hashtextextended('fifoledger migration', 0))
