DO $$ BEGIN EXECUTE 'SET ROLE ledger_owner'; END $$
