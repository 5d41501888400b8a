INSERT INTO ledger_migrations.code VALUES ('x')
