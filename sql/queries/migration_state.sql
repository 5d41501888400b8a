SELECT (SELECT version_num FROM ledger_migrations.revision), (SELECT checksum FROM ledger_migrations.code)
