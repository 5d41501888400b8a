DELETE FROM ledger_migrations.code
