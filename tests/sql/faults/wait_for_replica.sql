ALTER DATABASE ledger SET synchronous_commit = on
