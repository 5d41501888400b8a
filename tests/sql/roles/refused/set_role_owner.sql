SET ROLE ledger_owner
