SELECT datname FROM pg_database WHERE datname LIKE 'fifoledger%' OR datname LIKE 'test%'
