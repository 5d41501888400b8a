INSERT INTO ledger_migrations.code (checksum) VALUES (%s)
