CREATE TABLE ledger_migrations.mine (a integer)
