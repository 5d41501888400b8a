UPDATE ledger_migrations.code SET checksum = 'of another version'
