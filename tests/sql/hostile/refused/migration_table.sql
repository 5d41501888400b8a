UPDATE ledger_migrations.revision SET version_num = '9999'
