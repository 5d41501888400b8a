SELECT to_regclass('ledger_migrations.revision')
