UPDATE ledger_migrations.revision SET version_num = '0000'
